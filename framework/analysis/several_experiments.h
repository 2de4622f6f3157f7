// Several experiments compared with each other.
#pragma once

#include <string>
#include <vector>

#include "analysis/comparison.h"

namespace unroll::analysis {

/// As compare(), over the trials of all these experiments, at least one: of several, `experiment` is the first of `by`,
/// so that experiments are compared at equal values of every axis that one of them is grouped by. An axis that another
/// has as a setting only counts there with that value; one that it does not have at all is NULL there. What
/// `request` leaves empty comes from the first experiment; axes in `best`, from all.
Comparison compare_experiments(store::Store& store, const std::vector<std::string>& experiments,
                               const ComparisonRequest& request);

}  // namespace unroll::analysis
