// Copy memory: repeat the symbols at the beginning after a long delay (Hochreiter and Schmidhuber 1997, in the form of
// Bai, Kolter and Koltun 2018). With L symbols to remember and a delay of N, T = N + 2 L:
//
//     input   s1 … sL  0 … 0  m … m     N - 1 blanks, then L + 1 markers, of which the first says "now"
//     target  0 ……………………… 0  s1 … sL    every position counts
//
// Who remembers nothing but knows the form has a loss of L ln(symbols) / T.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "unroll/plugin.h"
#include "unroll/random.h"

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
          split_seed_(static_cast<std::uint64_t>(options.integer("split_seed"))),
          examples_{static_cast<Size>(options.integer("train")), static_cast<Size>(options.integer("validation")),
                    static_cast<Size>(options.integer("test"))},
          vocabulary_(std::string(characters.substr(0, symbols_ + 2))) {}

    unroll::Task task() const override {
        return {.kind = unroll::Task::Kind::sequence,
                .input_tokens = vocabulary_.size(),
                .target_tokens = vocabulary_.size(),
                .sequence_length = delay_ + 2 * length_};
    }

    const unroll::Vocabulary* vocabulary() const override { return &vocabulary_; }

    Size examples(unroll::Split split) const override { return examples_[static_cast<Size>(split)]; }

    /// Made from its index each time: nothing is stored.
    void example(unroll::Split split, Size index, unroll::Example& out) const override {
        unroll::RandomStream stream(split_seed_, "copy-memory", {static_cast<std::uint64_t>(split), index});
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
    std::uint64_t split_seed_;
    std::array<Size, 3> examples_;
    unroll::CharacterVocabulary vocabulary_;
};

constexpr unroll::Option options[] = {
    unroll::Option::integer("delay", "100", 1, 1e6, "steps from the last symbol to the first that is asked for"),
    unroll::Option::integer("symbols", "8", 1, 60, "how many symbols there are"),
    unroll::Option::integer("length", "10", 1, 1e4, "symbols to remember"),
    unroll::Option::integer("train", "10000", 1, 1e9, "training examples"),
    unroll::Option::integer("validation", "1000", 0, 1e9, "validation examples"),
    unroll::Option::integer("test", "1000", 0, 1e9, "test examples"),
    unroll::Option::integer("split_seed", "1", 0, unroll::largest_seed,
                            "decides the examples; never follows the trial's seed"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::dataset_plugin<CopyMemory>("copy-memory", 1, "symbols to be repeated after a long delay", options);
