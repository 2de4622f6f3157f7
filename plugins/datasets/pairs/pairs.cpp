// Pairs: the input is a question, symbol by symbol, the target its answer, a sequence of another length. Pairs are made
// by a rule or read from files; no question comes twice, so that what is held out was never trained on.
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <numeric>
#include <unordered_set>

#include "../common/shuffle.h"
#include "../common/split.h"
#include "makers.h"
#include "pair_file.h"
#include "symbols.h"
#include "unroll/error.h"
#include "unroll/plugin.h"

namespace {

using unroll::Size;
using unroll::Split;

class Pairs final : public unroll::Dataset {
public:
    explicit Pairs(const unroll::Options& options) {
        const bool made = options.text("path").empty();
        std::vector<Pair> pairs = made ? make(options) : read(options);
        bool equal = made && maker(options.text("kind")).equal_answers;
        for (const Pair& pair : pairs) {
            questions_.see(pair.question);
            answers_.see(pair.answer);
        }
        if (!equal) answers_.add_end();
        for (const Pair& pair : pairs) add(pair);
    }

    unroll::Task task() const override {
        return {.kind = unroll::Task::Kind::target_sequence,
                .input_tokens = questions_.size(),
                .target_tokens = answers_.size(),
                .sequence_length = longest_question_,
                .target_length = longest_answer_,
                .target_end = answers_.end()};
    }

    const unroll::Vocabulary* vocabulary() const override { return &questions_; }
    const unroll::Vocabulary* target_vocabulary() const override { return &answers_; }
    std::string digest() const override { return digest_; }

    Size examples(Split split) const override { return splits_.size(split); }

    void example(Split split, Size index, unroll::Example& out) const override {
        const auto& [question, answer] = examples_[splits_.begin(split) + index];
        std::copy(question.begin(), question.end(), out.tokens);
        std::copy(answer.begin(), answer.end(), out.target_tokens);
        std::fill_n(out.weights, answer.size(), 1.0f);
        out.length = question.size();
    }

private:
    struct Encoded {
        std::vector<unroll::Token> question, answer;
    };

    std::vector<Pair> make(const unroll::Options& options) {
        const std::string& kind = options.text("kind");
        const std::array<Size, 3> sizes{static_cast<Size>(options.integer("train")),
                                        static_cast<Size>(options.integer("validation")),
                                        static_cast<Size>(options.integer("test"))};
        std::partial_sum(sizes.begin(), sizes.end(), splits_.ends.begin());
        unroll::RandomStream stream(static_cast<std::uint64_t>(options.integer("split_seed")), "pairs");
        std::vector<Pair> pairs;
        std::unordered_set<std::string> seen;
        Size in_vain = 0;
        while (pairs.size() < splits_.ends.back()) {
            Pair pair = maker(kind).make(options, stream);
            if (seen.insert(pair.key).second) {
                pairs.push_back(std::move(pair));
                in_vain = 0;
            } else if (++in_vain == 10000) {
                throw unroll::Error(
                    {"train",
                     fmt::format("{} training, {} validation and {} test examples", sizes[0], sizes[1], sizes[2]),
                     fmt::format("no more examples than there are distinct questions, about {}", pairs.size()),
                     "lower train, validation or test, or raise length"});
            }
        }
        return pairs;
    }

    /// The lines of a file in a random order; of equal questions the first stays.
    std::vector<Pair> read(const unroll::Options& options) {
        std::vector<Pair> pairs;
        std::unordered_set<std::string> seen;
        for (Pair& pair : read_pairs(options.text("path"), digest_))
            if (seen.insert(pair.key).second) pairs.push_back(std::move(pair));
        unroll::RandomStream stream(static_cast<std::uint64_t>(options.integer("split_seed")), "pairs");
        shuffle(pairs, stream);
        splits_ = split_ranges(options.numbers("split"), pairs.size());
        return pairs;
    }

    void add(const Pair& pair) {
        std::string unknown;
        examples_.push_back({*questions_.encode(pair.question, unknown), *answers_.encode(pair.answer, unknown)});
        if (answers_.end() >= 0) examples_.back().answer.push_back(answers_.end());
        longest_question_ = std::max(longest_question_, examples_.back().question.size());
        longest_answer_ = std::max(longest_answer_, examples_.back().answer.size());
    }

    Symbols questions_, answers_;
    std::vector<Encoded> examples_;  ///< training, then validation, then test
    SplitRanges splits_;
    Size longest_question_ = 0, longest_answer_ = 0;
    std::string digest_;
};

constexpr unroll::Option options[] = {
    unroll::Option::choice("kind", "\"addition\"", "addition|dates|reversal",
                           "sums of two numbers, dates to ISO 8601, or reversed words"),
    unroll::Option::integer("length", "3", 1, 18,
                            "addition: maximum digits of a number; reversal: maximum letters of a word"),
    unroll::Option::boolean("reversed", "false", "addition, dates: whether the question is reversed"),
    unroll::Option::integer("train", "10000", 1, 1e7, "number of training examples; without path"),
    unroll::Option::integer("validation", "1000", 0, 1e7, "number of validation examples; without path"),
    unroll::Option::integer("test", "0", 0, 1e7, "number of test examples; without path"),
    unroll::Option::path("path", "\"\"",
                         "a file, folder or glob with QUESTION<TAB>ANSWER on each line, to be read instead"),
    unroll::Option::numbers("split", "[0.9, 0.1, 0]", 0, 1, "with path: fractions for training, validation and test"),
    split_seed_option("seed of the generated examples or of the data split; independent of the trial's seed"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::dataset_plugin<Pairs>(
    "pairs", 2, "sequence to sequence: questions and their answers, generated or from files", options);
