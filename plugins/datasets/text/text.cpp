// Text: a corpus from files, one token after the other; each position predicts the next token.
#include <fmt/format.h>

#include <array>

#include "../common/files.h"
#include "../common/split.h"
#include "units.h"
#include "unroll/error.h"
#include "unroll/plugin.h"

namespace {

using unroll::Size;

Corpus cut(const std::string& unit, const Bytes& bytes, Spelling spelling) {
    if (unit == "byte") return cut_into_bytes(bytes, spelling);
    if (unit == "word") return cut_into_words(bytes, spelling);
    return cut_into_characters(bytes, spelling);
}

class Text final : public unroll::Dataset {
public:
    explicit Text(const unroll::Options& options) {
        split_ends(options.numbers("split"), 0);  // a mistake there is told before files are read
        const Bytes bytes = read_files(find_files(options.text("path")));
        digest_ = sha256(bytes.all);
        const Spelling spelling{.lower = options.boolean("lower"),
                                .newlines_to_blanks = options.text("newlines") == "space"};
        corpus_ = cut(options.text("unit"), bytes, spelling);
        if (corpus_.tokens.empty()) {
            throw unroll::Error({"path",
                                 fmt::format("\"{}\" has not one {} in {} bytes", options.text("path"),
                                             options.text("unit"), bytes.all.size()),
                                 "a text to learn from", "check that the text was written to it"});
        }
        ends_ = split_ends(options.numbers("split"), corpus_.tokens.size());
    }

    unroll::Task task() const override {
        return {.kind = unroll::Task::Kind::next_token,
                .input_tokens = corpus_.vocabulary->size(),
                .target_tokens = corpus_.vocabulary->size()};
    }

    const unroll::Vocabulary* vocabulary() const override { return corpus_.vocabulary.get(); }
    std::string digest() const override { return digest_; }

    std::span<const unroll::Token> tokens(unroll::Split split) const override {
        const auto part = static_cast<Size>(split);
        const Size begin = part == 0 ? 0 : ends_[part - 1];
        return std::span(corpus_.tokens).subspan(begin, ends_[part] - begin);
    }

private:
    std::string digest_;
    Corpus corpus_;
    std::array<Size, 3> ends_;
};

constexpr unroll::Option options[] = {
    unroll::path("path", "", "a text file, a folder or a glob; several files are read in the order of their paths"),
    unroll::choice("unit", "\"character\"", "character|byte|word", "what a token stands for"),
    unroll::boolean("lower", "false", "make capital letters small"),
    unroll::choice("newlines", "\"keep\"", "keep|space", "space: the end of a line becomes a blank"),
    unroll::numbers("split", "[0.9, 0.1, 0]", 0, 1,
                    "fractions for training, validation and test, from the beginning on"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::dataset_plugin<Text>("text", 1, "next token of a text in characters, bytes or words", options);
