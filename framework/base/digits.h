// How many digits of a number a reader needs to see.
#pragma once

#include <span>
#include <string>

namespace unroll::base {

/// How the reals of a column are written.
struct Digits {
    int decimals = -1;    ///< behind the point, the same for all; below 0: `significant` decides, value by value
    int significant = 6;  ///< at most
};

std::string in_digits(double value, Digits digits);

/// As many decimals as tell the values apart: three significant digits of their spread (largest less smallest), two of
/// the smallest, and never more than six significant digits of any need. Values of very different size are written each
/// with its own digits.
Digits digits_by_spread(std::span<const double> values);

/// For means and their intervals, given the standard deviations beside them: the decimals at which the median of these
/// has two significant digits where it begins with 1, 2 or 3.5 (below 355), and one otherwise, as the Particle Data
/// Group rounds (Review of Particle Physics, Introduction 5.3). Without a positive one: digits_by_spread(values).
Digits digits_by_deviation(std::span<const double> deviations, std::span<const double> values);

}  // namespace unroll::base
