// Into training, validation and test.
#pragma once

#include <array>
#include <vector>

#include "unroll/dataset.h"
#include "unroll/options.h"
#include "unroll/random.h"

/// Where training, validation and test lie in a list, one behind the other.
struct SplitRanges {
    std::array<unroll::Size, 3> ends{};

    unroll::Size begin(unroll::Split split) const {
        return split == unroll::Split::train ? 0 : ends[static_cast<unroll::Size>(split) - 1];
    }
    unroll::Size size(unroll::Split split) const { return ends[static_cast<unroll::Size>(split)] - begin(split); }
};

/// A list of n things, split: the parts end at int(f n) as Python has it, with f the fractions up to there. Throws
/// Error, `where` "split", unless `fractions` are three that sum to 1.
SplitRanges split_ranges(const std::vector<double>& fractions, unroll::Size n);

/// For a dataset that draws its splits; `help` says what else the seed decides, if anything.
constexpr unroll::Option split_seed_option(
    const char* help = "seed of the data split; independent of the trial's seed") {
    return unroll::Option::integer("split_seed", "1", 0, unroll::largest_seed, help);
}
