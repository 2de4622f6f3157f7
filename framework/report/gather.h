// The page of one or several experiments, gathered from their store.
#pragma once

#include <string>
#include <vector>

#include "report/page.h"
#include "store/store.h"

namespace unroll::report {

struct PageRequest {
    std::vector<std::string> experiments;  ///< one chapter each, in this order
    std::string metric;                    ///< SPLIT/NAME; "": each experiment's own
    std::vector<std::string> by;           ///< as in analysis::ComparisonRequest
    std::string generator;
};

/// Reads only. Throws Error, with what there is, for an unknown experiment, metric or axis.
Page gather(store::Store& store, const PageRequest& request);

}  // namespace unroll::report
