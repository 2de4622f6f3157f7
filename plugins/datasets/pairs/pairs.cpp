// Pairs: a question is read, symbol by symbol, and its answer is the target, another sequence of another length. Pairs
// are made by a rule or read from a file; no question comes twice, so that what is held out was never trained on.
#include "pairs.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <unordered_set>

#include "../common/split.h"
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

    Size examples(Split split) const override {
        const auto part = static_cast<Size>(split);
        return ends_[part] - (part > 0 ? ends_[part - 1] : 0);
    }

    void example(Split split, Size index, unroll::Example& out) const override {
        const Size place = index + (split == Split::train ? 0 : ends_[static_cast<Size>(split) - 1]);
        const auto& [question, answer] = examples_[place];
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
        for (Size part = 0, end = 0; part < 3; ++part) ends_[part] = end += sizes[part];
        unroll::RandomStream stream(static_cast<std::uint64_t>(options.integer("split_seed")), "pairs");
        std::vector<Pair> pairs;
        std::unordered_set<std::string> seen;
        Size in_vain = 0;
        while (pairs.size() < ends_[2]) {
            Pair pair = maker(kind).make(options, stream);
            if (seen.insert(pair.key).second) {
                pairs.push_back(std::move(pair));
                in_vain = 0;
            } else if (++in_vain == 10000) {
                throw unroll::Error(
                    {"train",
                     fmt::format("{} training, {} validation and {} test examples", sizes[0], sizes[1], sizes[2]),
                     fmt::format("no more than there are different questions, about {}", pairs.size()),
                     "lower these sizes, or raise length"});
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
        for (Size i = pairs.size(); i > 1; --i) std::swap(pairs[i - 1], pairs[stream.below(i)]);
        ends_ = split_ends(options.numbers("split"), pairs.size());
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
    std::array<Size, 3> ends_{};
    Size longest_question_ = 0, longest_answer_ = 0;
    std::string digest_;
};

constexpr unroll::Option options[] = {
    unroll::Option::choice("kind", "\"addition\"", "addition|dates|reversal",
                           "sums, ways to write a date, or words said backwards"),
    unroll::Option::integer("length", "3", 1, 18, "addition: digits of a number; reversal: letters of a word"),
    unroll::Option::boolean("reversed", "false", "addition, dates: whether questions are read from their end"),
    unroll::Option::integer("train", "10000", 1, 1e7, "training examples, unless from a file"),
    unroll::Option::integer("validation", "1000", 0, 1e7, "validation examples, unless from a file"),
    unroll::Option::integer("test", "0", 0, 1e7, "test examples, unless from a file"),
    unroll::Option::path("path", "\"\"", "instead of those: lines QUESTION<TAB>ANSWER of a file, a folder or a glob"),
    unroll::Option::numbers("split", "[0.9, 0.1, 0]", 0, 1, "parts of a file for training, validation and test"),
    unroll::Option::integer("split_seed", "1", 0, unroll::largest_seed,
                            "decides the examples; never follows the trial's seed"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::dataset_plugin<Pairs>("pairs", 2, "a question and, as another sequence, its answer", options);
