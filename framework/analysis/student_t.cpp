// Student's t distribution, for confidence intervals.
#include "analysis/student_t.h"

#include <cmath>
#include <numbers>

namespace unroll::analysis {

namespace {

/// P(-t < T < t) for t = sqrt(degrees) tan(angle): Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3
/// and 26.7.4. All terms are positive: nothing cancels.
double probability_within(double angle, std::int64_t degrees) {
    const double sine = std::sin(angle), cosine = std::cos(angle);
    const bool odd = degrees % 2 == 1;
    double term = odd ? cosine : 1, sum = degrees == 1 ? 0 : term;
    for (std::int64_t k = odd ? 3 : 2; k < degrees; k += 2) {
        term *= cosine * cosine * static_cast<double>(k - 1) / static_cast<double>(k);
        sum += term;
    }
    return odd ? 2 / std::numbers::pi * (angle + sine * sum) : sine * sum;
}

}  // namespace

double student_t_bound(double confidence, std::int64_t degrees) {
    double low = 0, high = std::numbers::pi / 2;
    for (int halving = 0; halving < 100; ++halving) {
        const double middle = low + (high - low) / 2;
        if (middle == low || middle == high) break;
        (probability_within(middle, degrees) < confidence ? low : high) = middle;
    }
    return std::sqrt(static_cast<double>(degrees)) * std::tan(low);
}

}  // namespace unroll::analysis
