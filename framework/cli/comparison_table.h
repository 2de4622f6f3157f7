// A comparison of groups as a table.
#pragma once

#include <string>
#include <vector>

#include "analysis/comparison.h"
#include "cli/plot.h"
#include "cli/table.h"
#include "store/result_table.h"

namespace unroll::cli {

/// A row for each group, in the comparison's order. Columns: the names of `by`; "best KEY" for the last key of each
/// axis of `best`; parameters (weights of a model, "FEWEST-MOST" where they differ); trials (in the group); n, mean,
/// sd, low, high (the 95% interval of the mean; NULL where it is not defined); diff, diff_low, diff_high (the mean
/// difference from the first group of the block, paired by seed, and its 95% interval); best ("*" where that holds);
/// and how many of the trials are unfinished, diverged or failed.
store::Table table_of(const analysis::Comparison& comparison);

/// How it is shown: means with the digits of their deviations, no column in which nothing stands, the best groups
/// marked.
Look look_of(const analysis::Comparison& comparison);

/// What is compared and how it is ordered, as a line above the table.
std::string caption_of(const analysis::Comparison& comparison);

/// What a group is called: the values that its trials agree in, then its best choice.
std::string label_of(const analysis::Comparison& comparison, std::size_t group);

/// A bar for each group that has a mean: its 95% interval, where there is one.
std::vector<PlotInterval> intervals_of(const analysis::Comparison& comparison);

/// What a reader of the table must know besides; a sentence each.
std::vector<std::string> notes_of(const analysis::Comparison& comparison);

}  // namespace unroll::cli
