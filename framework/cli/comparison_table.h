// How a comparison of groups is shown in a terminal.
#pragma once

#include <string>
#include <vector>

#include "analysis/comparison.h"
#include "cli/plot.h"
#include "cli/table.h"
#include "report/comparison_table.h"

namespace unroll::cli {

using report::caption_of;
using report::notes_of;
using report::table_of;

/// The table's look: means with the digits of their deviations, no column in which nothing stands, the best groups
/// marked.
Look look_of(const analysis::Comparison& comparison);

/// As report::label_of(), on one line with control characters made visible.
std::string label_of(const analysis::Comparison& comparison, std::size_t group);

/// A bar for each group that has a mean: its 95% interval, where there is one.
std::vector<PlotInterval> intervals_of(const analysis::Comparison& comparison);

}  // namespace unroll::cli
