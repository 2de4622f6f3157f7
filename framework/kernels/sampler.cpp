// What samplers share: probabilities from logits, and a draw from weights.
#include "unroll/sampler.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "kernels/rows.h"

namespace unroll {

void softmax(std::span<const float> logits, double temperature, std::span<double> probabilities) {
    if (logits.size() != probabilities.size())
        throw std::invalid_argument(
            fmt::format("softmax: {} logits but room for {} probabilities", logits.size(), probabilities.size()));
    if (!(temperature > 0)) throw std::invalid_argument(fmt::format("softmax: temperature {} is not > 0", temperature));
    if (softmax_at(logits.data(), temperature, probabilities.data(), logits.size())) return;
    for (const float logit : logits)
        if (std::isnan(logit) || logit == std::numeric_limits<float>::infinity())
            throw std::domain_error(fmt::format("softmax: a logit is {}", logit));
    throw std::domain_error("softmax: every logit is -infinity");
}

Token draw(std::span<const double> weights, RandomStream& stream) {
    // Blocks, with sums of their own, which do not wait for each other; then the one block that is drawn from.
    constexpr std::size_t block = 8;
    const auto sum_of = [&](std::size_t first) {
        if (first + block > weights.size())
            return std::accumulate(weights.begin() + std::ptrdiff_t(first), weights.end(), 0.0);
        const double* w = weights.data() + first;
        return ((w[0] + w[1]) + (w[2] + w[3])) + ((w[4] + w[5]) + (w[6] + w[7]));
    };
    double sum = 0;
    for (std::size_t first = 0; first < weights.size(); first += block) sum += sum_of(first);
    if (!(sum > 0) || std::isinf(sum)) throw std::domain_error(fmt::format("draw: the weights sum to {}", sum));
    double left = stream.uniform() * sum;
    std::size_t first = 0;
    for (; first + block < weights.size(); first += block) {
        const double here = sum_of(first);
        if (left < here) break;
        left -= here;
    }
    // What rounding left over belongs to the last weight above 0, of this block or of one before it.
    std::size_t last = std::min(first + block, weights.size());
    while (last > 0 && weights[last - 1] <= 0) --last;
    for (std::size_t i = first; i + 1 < last; ++i) {
        if (weights[i] > 0 && left < weights[i]) return static_cast<Token>(i);
        left -= weights[i];
    }
    return static_cast<Token>(last - 1);
}

}  // namespace unroll
