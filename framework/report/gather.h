// The page of one or several experiments, gathered from their store.
#pragma once

#include <string>
#include <vector>

#include "analysis/conditions.h"
#include "analysis/group_curves.h"
#include "report/page.h"
#include "store/store.h"

namespace unroll::report {

struct PageRequest {
    std::vector<std::string> experiments;  ///< one chapter each, in this order
    std::string metric;                    ///< SPLIT/NAME; "": each experiment's own
    std::vector<std::string> by;           ///< as in analysis::ComparisonRequest
    std::string generator;
    std::vector<analysis::Condition> where{};             ///< only trials that meet all of them
    std::int64_t most_read = analysis::most_points_read;  ///< of a figure of learning curves: analysis/group_curves.h
};

/// Reads only. Throws Error, with what there is, for an unknown experiment, metric or axis.
Page gather(store::Store& store, const PageRequest& request);

}  // namespace unroll::report
