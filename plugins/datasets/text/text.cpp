// Text: a corpus from files, one token after the other; each position predicts the next token.
#include <fmt/format.h>

#include "../common/files.h"
#include "../common/split.h"
#include "corpus.h"
#include "unroll/error.h"
#include "unroll/plugin.h"
#include "unroll/sha256.h"

namespace {

using unroll::Size;

Corpus cut(const std::string& unit, const Bytes& bytes, Normalizer normalizer, const CorpusLimit& limit) {
    if (unit == "byte") return corpus_of_bytes(bytes, normalizer);
    if (unit == "word") return corpus_of_words(bytes, normalizer, limit);
    return corpus_of_characters(bytes, normalizer, limit);
}

CorpusLimit limit_of(const unroll::Options& options) {
    CorpusLimit limit{VocabularyLimit(options), {}};
    limit.training = [split = options.numbers("split")](Size n) { return split_ranges(split, n).ends[0]; };
    if (limit && options.text("unit") == "byte") {
        throw unroll::Error({limit.size > 0 ? "vocabulary" : "minimum_count", "a vocabulary limit for bytes",
                             "no limit: there are at most 256 different bytes", "remove it or choose another unit"});
    }
    return limit;
}

class Text final : public unroll::Dataset {
public:
    explicit Text(const unroll::Options& options) {
        split_ranges(options.numbers("split"), 0);  // a mistake there is told before files are read
        const CorpusLimit limit = limit_of(options);
        const Bytes bytes = read_files(find_files(options.text("path")));
        digest_ = unroll::sha256(bytes.all);
        const Normalizer normalizer{.lower = options.boolean("lower"),
                                    .newlines_to_spaces = options.text("newlines") == "space"};
        corpus_ = cut(options.text("unit"), bytes, normalizer, limit);
        if (corpus_.tokens.empty()) {
            throw unroll::Error({"path",
                                 fmt::format("\"{}\" contains no {}s ({} bytes)", options.text("path"),
                                             options.text("unit"), bytes.all.size()),
                                 "a text to train on", "check the contents of the files"});
        }
        splits_ = split_ranges(options.numbers("split"), corpus_.tokens.size());
    }

    unroll::Task task() const override {
        return {.kind = unroll::Task::Kind::next_token,
                .input_tokens = corpus_.vocabulary->size(),
                .target_tokens = corpus_.vocabulary->size()};
    }

    const unroll::Vocabulary* vocabulary() const override { return corpus_.vocabulary.get(); }
    std::string digest() const override { return digest_; }

    std::span<const unroll::Token> tokens(unroll::Split split) const override {
        return std::span(corpus_.tokens).subspan(splits_.begin(split), splits_.size(split));
    }

private:
    std::string digest_;
    Corpus corpus_;
    SplitRanges splits_;
};

constexpr unroll::Option options[] = {
    unroll::Option::path("path", "",
                         "a text file, folder or glob; several files are concatenated in the order of their paths"),
    unroll::Option::choice("unit", "\"character\"", "character|byte|word", "what a token is"),
    unroll::Option::boolean("lower", "false", "convert to lower case"),
    unroll::Option::choice("newlines", "\"keep\"", "keep|space", "line breaks: keep them, or replace each by a space"),
    unroll::Option::numbers("split", "[0.9, 0.1, 0]", 0, 1,
                            "fractions for training, validation and test, in the order of the text"),
    vocabulary_option,
    minimum_count_option,
};

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::dataset_plugin<Text>("text", 1, "next-token prediction on text: characters, bytes or words", options);
