// Into training, validation and test.
#include "split.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "unroll/error.h"

using unroll::Size;

SplitRanges split_ranges(const std::vector<double>& fractions, Size n) {
    if (fractions.size() != 3) {
        throw unroll::Error({"split", fmt::format("{} numbers", fractions.size()),
                             "three fractions: train, validation, test", "give 0 for a split that is not needed"});
    }
    const double sum = fractions[0] + fractions[1] + fractions[2];
    if (std::abs(sum - 1) > 1e-9) {
        throw unroll::Error({"split", fmt::format("[{}], which sum to {}", fmt::join(fractions, ", "), sum),
                             "fractions that sum to 1", "adjust the fractions"});
    }
    // What rounding leaves of a sum (0.7 + 0.2 is not 0.9) is taken out first.
    const double two = std::round((fractions[0] + fractions[1]) * 1e12) / 1e12;
    const auto end = [n](double fraction) { return static_cast<Size>(fraction * static_cast<double>(n)); };
    return {{end(fractions[0]), fractions[2] == 0 ? n : end(two), n}};
}
