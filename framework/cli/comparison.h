// A metric of an experiment's trials by group: how many, mean, spread and interval.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"
#include "store/table.h"

namespace unroll::cli {

/// What is left empty comes from the experiment's manifest.
struct ComparisonRequest {
    std::string experiment;
    std::vector<std::string> by;  ///< axes, columns of `result`, or paths of the config
    std::string metric;           ///< SPLIT/NAME
    std::string goal;             ///< min | max
};

struct Comparison {
    std::string metric, goal;  ///< the ones that were used
    /// A row a group, the best mean first: the axes of `by`; "best AXIS" for each axis of the manifest's `best`; trials (in the
    /// group), n, mean, sd, low, high (the 95% interval of the mean by Student's t; NULL for fewer than two); and how many
    /// are unfinished, diverged or failed. n counts finished trials by the last value of their metric.
    store::Table table;
    std::vector<std::string> notes;  ///< what else a reader must know
};

/// With axes in `best`, each group is that of its choice with the best mean; a choice of which trials diverged or failed is taken
/// only when there is no other. Throws Error, with what there is, for an unknown experiment, axis or metric.
Comparison compare_groups(store::Store& store, const ComparisonRequest& request);

}  // namespace unroll::cli
