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
};

/// A curve for each group, in the comparison's order: `metric` (SPLIT/NAME; "": the comparison's) over the trials of
/// the group's best choice; of these the finished ones where there are any, since those that run end their curves
/// earlier.
std::vector<GroupCurve> group_curves(store::Store& store, const Comparison& comparison, const std::string& metric = "");

}  // namespace unroll::analysis
