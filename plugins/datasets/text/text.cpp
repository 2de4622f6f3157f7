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

Corpus cut(const std::string& unit, const Bytes& bytes, Spelling spelling, const Limit& limit) {
    if (unit == "byte") return cut_into_bytes(bytes, spelling);
    if (unit == "word") return cut_into_words(bytes, spelling, limit);
    return cut_into_characters(bytes, spelling, limit);
}

Limit limit_of(const unroll::Options& options) {
    Limit limit;
    limit.symbols = static_cast<Size>(options.integer("vocabulary"));
    limit.count = static_cast<Size>(options.integer("minimum_count"));
    limit.training = [split = options.numbers("split")](Size n) { return split_ends(split, n)[0]; };
    if (limit && options.text("unit") == "byte") {
        throw unroll::Error({limit.symbols > 0 ? "vocabulary" : "minimum_count", "a limit on bytes",
                             "none: there are 256 of them at most", "leave it out, or choose another unit"});
    }
    return limit;
}

class Text final : public unroll::Dataset {
public:
    explicit Text(const unroll::Options& options) {
        split_ends(options.numbers("split"), 0);  // a mistake there is told before files are read
        const Limit limit = limit_of(options);
        const Bytes bytes = read_files(find_files(options.text("path")));
        digest_ = sha256(bytes.all);
        const Spelling spelling{.lower = options.boolean("lower"),
                                .newlines_to_blanks = options.text("newlines") == "space"};
        corpus_ = cut(options.text("unit"), bytes, spelling, limit);
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
    unroll::Option::path("path", "",
                         "a text file, a folder or a glob; several files are read in the order of their paths"),
    unroll::Option::choice("unit", "\"character\"", "character|byte|word", "what a token stands for"),
    unroll::Option::boolean("lower", "false", "make capital letters small"),
    unroll::Option::choice("newlines", "\"keep\"", "keep|space", "space: the end of a line becomes a blank"),
    unroll::Option::numbers("split", "[0.9, 0.1, 0]", 0, 1,
                            "fractions for training, validation and test, from the beginning on"),
    unroll::Option::integer(
        "vocabulary", "0", 0, 1e7,
        "tokens for the most frequent characters or words of the training part, so many; 0: for all; the "
        "rest is one unknown, \u2047, which is never generated"),
    unroll::Option::integer("minimum_count", "1", 1, 1e9,
                            "characters or words that the training part has less often are unknown, too"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::dataset_plugin<Text>("text", 1, "next token of a text in characters, bytes or words", options);
