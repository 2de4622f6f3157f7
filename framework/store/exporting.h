// An experiment's rows for other programs, in parts, so that any number of them goes through little memory.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "store/result_table.h"
#include "store/store.h"

namespace unroll::store {

enum class ExportedTable {
    result,  ///< a row per current trial, in the manifest's order
    curve,   ///< a row per recorded value, trial by trial
    sample,  ///< a row per generated text, answer or image, trial by trial; images as X'…'
};

/// Calls use(part) with at most `rows` rows at a time, always with all columns, and at least once. All parts are of one
/// moment, whatever a sweep writes meanwhile.
///
/// Columns: trial_id; the axes, an everyday setting by its column, any other by its path; then those of the view or
/// table of that name. Where such a column has an axis' name but another meaning (`seed` of a sample), the axis is
/// "axes.NAME". Throws Error as find_experiment().
void read_in_parts(Store& store, const std::string& experiment, ExportedTable table, std::size_t rows,
                   const std::function<void(const Table&)>& use);

}  // namespace unroll::store
