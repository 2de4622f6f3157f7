// What samplers share: probabilities from logits, and a draw from weights.
#include "unroll/sampler.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace unroll {

void softmax(std::span<const float> logits, double temperature, std::span<double> probabilities) {
    if (logits.size() != probabilities.size())
        throw std::invalid_argument(
            fmt::format("softmax: {} logits but room for {} probabilities", logits.size(), probabilities.size()));
    if (!(temperature > 0)) throw std::invalid_argument(fmt::format("softmax: temperature {} is not > 0", temperature));
    double largest = -std::numeric_limits<double>::infinity();
    for (const float logit : logits) {
        if (std::isnan(logit) || logit == std::numeric_limits<float>::infinity())
            throw std::domain_error(fmt::format("softmax: a logit is {}", logit));
        largest = std::max(largest, double{logit});
    }
    if (std::isinf(largest)) throw std::domain_error("softmax: every logit is -infinity");
    double sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i)
        sum += probabilities[i] = std::exp((double{logits[i]} - largest) / temperature);
    for (double& probability : probabilities) probability /= sum;
}

Token draw(std::span<const double> weights, RandomStream& stream) {
    double sum = 0;
    for (const double weight : weights) sum += weight;
    if (!(sum > 0) || std::isinf(sum)) throw std::domain_error(fmt::format("draw: the weights sum to {}", sum));
    double left = stream.uniform() * sum;
    Token last = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (weights[i] <= 0) continue;
        last = static_cast<Token>(i);
        if (left < weights[i]) return last;
        left -= weights[i];
    }
    return last;  // what rounding left over belongs to the last weight
}

}  // namespace unroll
