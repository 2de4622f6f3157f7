// The adding problem (Hochreiter and Schmidhuber 1997): the sum of the two numbers that are marked.
//
//     inputs   (T, 2): a number in [0, 1), and a marker that is 1 once in the first half and once in the second
//     target   at the last position: the sum of the two marked numbers
//
// A model that always predicts 1 has a mean squared error of 1/6.
#include "common/made_examples.h"
#include "unroll/plugin.h"

namespace {

using unroll::Size;

class Adding final : public unroll::Dataset {
public:
    explicit Adding(const unroll::Options& options)
        : length_(static_cast<Size>(options.integer("length"))), examples_(options) {}

    unroll::Task task() const override {
        return {.kind = unroll::Task::Kind::reals, .input_reals = 2, .target_reals = 1, .sequence_length = length_};
    }

    Size examples(unroll::Split split) const override { return examples_.count(split); }

    /// Made from its index each time: nothing is stored.
    void example(unroll::Split split, Size index, unroll::Example& out) const override {
        unroll::RandomStream stream = examples_.stream("adding", split, index);
        // 24 random bits are a float below 1 exactly; 53 could be rounded up to 1.
        for (Size t = 0; t < length_; ++t) out.reals[2 * t] = static_cast<float>(stream() >> 40) * 0x1p-24f;
        const Size half = length_ / 2;
        const Size first = stream.below(half);
        const Size second = half + stream.below(length_ - half);
        out.reals[2 * first + 1] = 1;
        out.reals[2 * second + 1] = 1;
        out.target_reals[length_ - 1] = out.reals[2 * first] + out.reals[2 * second];
        out.weights[length_ - 1] = 1;
        out.length = length_;
    }

private:
    Size length_;
    MadeExamples examples_;
};

constexpr unroll::Option own_options[] = {
    unroll::Option::integer("length", "100", 2, 1e6, "sequence length"),
};
constexpr auto options = with_made_examples(own_options, "50000");

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::dataset_plugin<Adding>(
    "adding", 1, "adding problem: predict the sum of the two marked numbers of a sequence", options);
