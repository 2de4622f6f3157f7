// Spelling numbers: the input is a number as one vector, the target its English name, letter by letter.
//
//     input   one step of 10 · digits numbers: each digit one-hot, the highest first
//     target  "four hundred seven", then an end-of-sequence token
//
// The held-out numbers are the last of a random order of all of them.
#include <array>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "common/shuffle.h"
#include "common/split.h"
#include "unroll/error.h"
#include "unroll/plugin.h"
#include "unroll/random.h"

namespace {

using unroll::Size;
using unroll::Split;
using unroll::Token;

constexpr std::array<std::string_view, 20> small = {
    "zero", "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",
    "ten",  "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array<std::string_view, 10> tens = {"",      "",      "twenty",  "thirty", "forty",
                                                   "fifty", "sixty", "seventy", "eighty", "ninety"};
constexpr std::string_view characters = " abcdefghijklmnopqrstuvwxyz-.";  // the point is the end-of-sequence token

std::string name_of(Size number) {
    const auto and_rest = [](const std::string& name, Size rest, std::string_view between = " ") {
        return rest ? name + std::string(between) + name_of(rest) : name;
    };
    if (number < 20) return std::string(small[number]);
    if (number < 100) return and_rest(std::string(tens[number / 10]), number % 10, "-");
    if (number < 1000) return and_rest(std::string(small[number / 100]) + " hundred", number % 100);
    return and_rest(name_of(number / 1000) + " thousand", number % 1000);
}

class SpellNumbers final : public unroll::Dataset {
public:
    explicit SpellNumbers(const unroll::Options& options)
        : digits_(static_cast<Size>(options.integer("digits"))), vocabulary_(std::string(characters)) {
        Size count = 1;
        for (Size i = 0; i < digits_; ++i) count *= 10;
        const Size validation = static_cast<Size>(options.integer("validation")),
                   test = static_cast<Size>(options.integer("test"));
        if (validation + test >= count)
            throw unroll::Error({"validation",
                                 std::to_string(validation) + ", and " + std::to_string(test) + " for test",
                                 "together fewer than the " + std::to_string(count) + " numbers of that many digits",
                                 "lower validation or test, or raise digits"});
        splits_ = {{count - validation - test, count - test, count}};
        numbers_.resize(count);
        std::iota(numbers_.begin(), numbers_.end(), 0u);
        unroll::RandomStream stream(static_cast<std::uint64_t>(options.integer("split_seed")), "spell-numbers");
        shuffle(numbers_, stream);
        for (const std::uint32_t number : numbers_) longest_ = std::max(longest_, name_of(number).size() + 1);
    }

    unroll::Task task() const override {
        return {.kind = unroll::Task::Kind::target_sequence,
                .input_reals = 10 * digits_,
                .target_tokens = vocabulary_.size(),
                .sequence_length = 1,
                .target_length = longest_,
                .target_end = static_cast<Token>(characters.size() - 1)};
    }

    const unroll::Vocabulary* target_vocabulary() const override { return &vocabulary_; }

    Size examples(Split split) const override { return splits_.size(split); }

    void example(Split split, Size index, unroll::Example& out) const override {
        Size rest = numbers_[splits_.begin(split) + index];
        const std::string name = name_of(rest) + ".";
        for (Size i = digits_; i-- > 0; rest /= 10) out.reals[10 * i + rest % 10] = 1;
        for (Size t = 0; t < name.size(); ++t) {
            out.target_tokens[t] = static_cast<Token>(characters.find(name[t]));
            out.weights[t] = 1;
        }
        out.length = 1;
    }

private:
    Size digits_, longest_ = 0;
    unroll::CharacterVocabulary vocabulary_;
    SplitRanges splits_;
    std::vector<std::uint32_t> numbers_;
};

constexpr unroll::Option options[] = {
    unroll::Option::integer("digits", "4", 1, 6, "digits per number, leading zeros included"),
    unroll::Option::integer("validation", "500", 0, 1e6, "number of validation examples"),
    unroll::Option::integer("test", "500", 0, 1e6, "number of test examples"),
    split_seed_option(),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::dataset_plugin<SpellNumbers>(
    "spell-numbers", 1, "sequence to sequence: the digits of a number to its English name", options);
