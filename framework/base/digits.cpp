// How many digits of a number a reader needs to see.
#include "base/digits.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

namespace unroll::base {

namespace {

constexpr int most_decimals = 12;

/// The place of the first digit: 2 for 100, -3 for 0.001.
int magnitude(double value) {
    return int(std::floor(std::log10(std::abs(value))));
}

/// Decimals that write a value with six significant digits at most, without zeros at the end.
int decimals_needed(double value) {
    const std::string text = fmt::format("{:.6g}", value);
    const auto point = text.find('.'), exponent = text.find('e');
    const int digits = point == text.npos ? 0 : int(std::min(exponent, text.size()) - point - 1);
    return exponent == text.npos ? digits : std::max(0, digits - std::atoi(text.c_str() + exponent + 1));
}

}  // namespace

std::string in_digits(double value, Digits digits) {
    if (!std::isfinite(value) || digits.decimals < 0) return fmt::format("{:.{}g}", value, digits.significant);
    const std::string text = fmt::format("{:.{}f}", value, digits.decimals);
    // A number that is not 0 must not be shown as 0.
    const bool vanished = value != 0 && text.find_first_of("123456789") == text.npos;
    return vanished ? fmt::format("{:.1g}", value) : text;
}

Digits digits_by_spread(std::span<const double> values) {
    double least = std::numeric_limits<double>::infinity(), most = -least, smallest = least, largest = 0;
    int needed = 0;
    for (const double value : values) {
        if (!std::isfinite(value)) continue;
        least = std::min(least, value);
        most = std::max(most, value);
        needed = std::max(needed, decimals_needed(value));
        if (value == 0) continue;
        smallest = std::min(smallest, std::abs(value));
        largest = std::max(largest, std::abs(value));
    }
    if (largest == 0) return {0, 6};
    if (largest >= 1e9 || smallest < 1e-6 || largest / smallest > 1e5) return {-1, 4};
    if (most <= least) return {needed, 6};
    const int by_spread = 2 - magnitude(most - least), by_smallest = 1 - magnitude(smallest);
    return {std::clamp(std::min(needed, std::max(by_spread, by_smallest)), 0, most_decimals), 6};
}

Digits digits_by_deviation(std::span<const double> deviations, std::span<const double> values) {
    std::vector<double> positive;
    for (const double deviation : deviations)
        if (std::isfinite(deviation) && deviation > 0) positive.push_back(deviation);
    if (positive.empty()) return digits_by_spread(values);
    std::nth_element(positive.begin(), positive.begin() + std::ptrdiff_t(positive.size() / 2), positive.end());
    const double median = positive[positive.size() / 2];
    const bool two = median / std::pow(10.0, magnitude(median)) < 3.55;
    return {std::clamp(-magnitude(median) + (two ? 1 : 0), 0, most_decimals), 6};
}

}  // namespace unroll::base
