// Copy memory: repeat the symbols at the beginning after a long delay (Hochreiter and Schmidhuber 1997, in the form of
// Bai, Kolter and Koltun 2018). With L symbols to remember and a delay of N, T = N + 2 L:
//
//     input   s1 … sL  0 … 0  m … m     N - 1 blanks, then L + 1 markers, of which the first says "now"
//     target  0 ……………………… 0  s1 … sL    every position counts
//
// A model that remembers nothing but knows the layout has a loss of L ln(symbols) / T.
#include <string>
#include <string_view>

#include "common/made_examples.h"
#include "unroll/plugin.h"

namespace {

using unroll::Size;
using unroll::Token;

// How tokens are written: the blank, the symbols, the marker.
constexpr std::string_view characters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

class CopyMemory final : public unroll::Dataset {
public:
    explicit CopyMemory(const unroll::Options& options)
        : delay_(static_cast<Size>(options.integer("delay"))),
          symbols_(static_cast<Size>(options.integer("symbols"))),
          length_(static_cast<Size>(options.integer("length"))),
          examples_(options),
          vocabulary_(std::string(characters.substr(0, symbols_ + 2))) {}

    unroll::Task task() const override {
        return {.kind = unroll::Task::Kind::sequence,
                .input_tokens = vocabulary_.size(),
                .target_tokens = vocabulary_.size(),
                .sequence_length = delay_ + 2 * length_};
    }

    const unroll::Vocabulary* vocabulary() const override { return &vocabulary_; }

    Size examples(unroll::Split split) const override { return examples_.count(split); }

    /// Made from its index each time: nothing is stored.
    void example(unroll::Split split, Size index, unroll::Example& out) const override {
        unroll::RandomStream stream = examples_.stream("copy-memory", split, index);
        const Size T = delay_ + 2 * length_;
        for (Size i = 0; i < length_; ++i) {
            const auto symbol = static_cast<Token>(1 + stream.below(symbols_));
            out.tokens[i] = symbol;
            out.target_tokens[T - length_ + i] = symbol;
        }
        for (Size t = T - length_ - 1; t < T; ++t) out.tokens[t] = static_cast<Token>(symbols_ + 1);
        for (Size t = 0; t < T; ++t) out.weights[t] = 1;
        out.length = T;
    }

private:
    Size delay_, symbols_, length_;
    MadeExamples examples_;
    unroll::CharacterVocabulary vocabulary_;
};

constexpr unroll::Option own_options[] = {
    unroll::Option::integer("delay", "100", 1, 1e6,
                            "steps from the last symbol read to the first one to be reproduced"),
    unroll::Option::integer("symbols", "8", 1, 60, "number of distinct symbols"),
    unroll::Option::integer("length", "10", 1, 1e4, "number of symbols to remember"),
};
constexpr auto options = with_made_examples(own_options, "10000");

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::dataset_plugin<CopyMemory>(
    "copy-memory", 1, "copy task: reproduce the first symbols after a long delay", options);
