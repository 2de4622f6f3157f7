// Into training, validation and test.
#pragma once

#include <array>
#include <vector>

#include "unroll/types.h"

/// Where the parts of n things end: at int(f n) as Python has it, with f the fractions up to there. Throws Error, `where`
/// "split", unless `fractions` are three that sum to 1.
std::array<unroll::Size, 3> split_ends(const std::vector<double>& fractions, unroll::Size n);
