// A figure of a user's own query.
#pragma once

#include <string>

#include "report/page.h"
#include "store/result_table.h"

namespace unroll::report {

/// The first column is x and the second y, unless columns are named so; `low`, `high`, `series` and `panel` are known
/// by their names, and where none is called series the first column of texts besides tells lines apart. Rows are joined
/// in their order. An x of texts is an axis of categories. Throws Error, with the row, for what is no number; rows
/// whose y is NULL are left out.
Figure figure_of(const store::Table& table);

}  // namespace unroll::report
