// The figures of an experiment by their ids, and those of a query.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "analysis/comparison.h"
#include "report/page.h"
#include "store/store.h"

namespace unroll::report {

/// Every figure of an experiment's chapter, in the page's order. Throws Error as analysis::compare().
std::vector<Figure> figures_of(store::Store& store, const analysis::ComparisonRequest& request);

/// That one; "": the first learning curve, or the comparison where there is none. Throws Error, with the ids that there
/// are, when there is no such figure.
Figure figure_named(const std::vector<Figure>& figures, const std::string& id, const std::string& experiment);

/// What a query gives, under the guard of store::query(). Throws Error as that and figure_of().
Figure figure_of_query(store::Store& store, const std::string& query, std::chrono::milliseconds timeout);

}  // namespace unroll::report
