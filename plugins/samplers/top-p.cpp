// Top-p: one of the fewest tokens that together have probability p, the nucleus (Holtzman et al. 2020).
#include <functional>

#include "truncate.h"
#include "unroll/error.h"
#include "unroll/plugin.h"

namespace {

class TopP final : public unroll::Sampler {
public:
    explicit TopP(const unroll::Options& options) : p_(options.number("p")) {
        if (!(p_ > 0)) {
            throw unroll::Error({"p", "0", "a number above 0, at most 1",
                                 "to pick only the most probable token, give a small number such as 1e-9"});
        }
    }

    /// The nucleus is taken at the temperature, from the most probable token down; of equal ones the lowest come first.
    unroll::Token pick(const unroll::Choice& choice) const override {
        const std::span<double> weights = choice.scratch;
        unroll::softmax(choice.logits, choice.temperature, weights);
        std::sort(weights.begin(), weights.end(), std::greater<>());
        unroll::Size count = 1;
        for (double mass = weights[0]; mass < p_ && count < weights.size(); ++count) mass += weights[count];
        const double least = weights[count - 1];
        // Sorting lost the tokens, so the weights are computed again.
        unroll::softmax(choice.logits, choice.temperature, weights);
        keep_largest(weights, count, least);
        return unroll::draw(weights, choice.stream);
    }

private:
    double p_;
};

constexpr unroll::Option options[] = {
    unroll::Option::number("p", "0.9", 0, 1, "cumulative probability of the tokens to sample from, in (0, 1]"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::sampler_plugin<TopP>(
    "top-p", 2, "nucleus sampling: samples from the fewest tokens with cumulative probability p", options);
