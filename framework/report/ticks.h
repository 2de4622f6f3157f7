// Where axes are labelled.
#pragma once

#include <string>
#include <vector>

#include "unroll/types.h"

namespace unroll::report {

/// Each as text has the decimals that it needs; thousands and more have the suffix of their size, as in 20k.
struct Tick {
    double value = 0;
    std::string text;
};

/// Round numbers within [least, most], `count` of them at most where that can be: 1, 2 or 5 times a power of ten apart.
std::vector<Tick> ticks(double least, double most, Size count);

/// The same for a logarithmic axis, 0 < least < most: powers of ten, where these are few 2 and 5 times them as well,
/// and over less than that round numbers.
std::vector<Tick> logarithmic_ticks(double least, double most, Size count);

}  // namespace unroll::report
