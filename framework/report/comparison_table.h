// A comparison of groups as a table, and in words.
#pragma once

#include <string>
#include <vector>

#include "analysis/comparison.h"
#include "store/result_table.h"

namespace unroll::report {

/// A row for each group, in the comparison's order. Columns: the names of `by`; "best KEY" for the last key of each
/// axis of `best`; parameters (weights of a model, "FEWEST-MOST" where they differ); trials (in the group); n, mean,
/// sd, low, high (the 95% interval of the mean; NULL where it is not defined); diff, diff_low, diff_high (the mean
/// difference from the first group of the block, paired by seed, and its 95% interval); best ("*" where that holds);
/// and how many of the trials are unfinished, diverged or failed.
store::Table table_of(const analysis::Comparison& comparison);

/// "best learning_rate": the column of an axis of `best`; the whole path stands in the caption.
std::string best_column(const std::string& axis);

/// What is compared and how it is ordered, as a line above the table.
std::string caption_of(const analysis::Comparison& comparison);

/// What a group is called: the values that its trials agree in, then its best choice. The text may hold anything.
std::string label_of(const analysis::Comparison& comparison, std::size_t group);

/// What a reader of the table must know besides; a sentence each.
std::vector<std::string> notes_of(const analysis::Comparison& comparison);

/// The answer in words: a sentence for each block of groups that has a mean, which says whether its best is better than
/// all others, or which of these it is not told apart from.
std::vector<std::string> answers_of(const analysis::Comparison& comparison);

}  // namespace unroll::report
