// Top-k: one of the k most probable tokens (Fan, Lewis and Dauphin 2018).
#include <functional>

#include "truncate.h"
#include "unroll/plugin.h"

namespace {

class TopK final : public unroll::Sampler {
public:
    explicit TopK(const unroll::Options& options) : k_(static_cast<unroll::Size>(options.integer("k"))) {}

    /// Draws by softmax(logits / temperature) among the k largest; of equal ones, the lowest tokens belong to them.
    unroll::Token pick(const unroll::Choice& choice) const override {
        const std::span<double> weights = choice.scratch;
        unroll::softmax(choice.logits, choice.temperature, weights);
        if (k_ < weights.size()) {
            // Only the k-th largest is wanted; finding it disorders the weights, so they are computed again.
            const auto kth = weights.begin() + static_cast<std::ptrdiff_t>(k_ - 1);
            std::nth_element(weights.begin(), kth, weights.end(), std::greater<>());
            const double least = *kth;
            unroll::softmax(choice.logits, choice.temperature, weights);
            keep_largest(weights, k_, least);
        }
        return unroll::draw(weights, choice.stream);
    }

private:
    unroll::Size k_;
};

constexpr unroll::Option options[] = {
    unroll::Option::integer("k", "40", 1, 1e6, "number of most probable tokens to sample from"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::sampler_plugin<TopK>("top-k", 2, "samples from the k most probable tokens, at the temperature", options);
