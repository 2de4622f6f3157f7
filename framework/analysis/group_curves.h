// Learning curves of the groups of a comparison: the mean over a group's trials at each step.
#pragma once

#include <string>
#include <vector>

#include "analysis/comparison.h"
#include "analysis/curves.h"

namespace unroll::analysis {

struct GroupCurve {
    std::size_t group = 0;          ///< its place in Comparison::groups
    std::size_t trials = 0;         ///< that the mean is over
    std::vector<MeanPoint> points;  ///< by step; empty when no trial has a value
    bool is_outline = false;        ///< some steps are left out
};

/// The points that curves are made from before steps are left out: a few seconds' reading.
inline constexpr std::int64_t most_points_read = 2'000'000;

/// A curve for each group, in the comparison's order: `metric` (SPLIT/NAME; "": the comparison's) over the trials of
/// the group's best choice; of these the finished ones where there are any, since those that run end their curves
/// earlier.
///
/// Where these trials have more than about `most_read` points together, each curve is read at some of its steps only:
/// of each stretch of the group's first trial those where it is lowest and highest (store/outline.h), or even ones
/// where there are too many points to look for these.
std::vector<GroupCurve> group_curves(store::Store& store, const Comparison& comparison, const std::string& metric = "",
                                     std::int64_t most_read = most_points_read);

}  // namespace unroll::analysis
