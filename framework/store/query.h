// Read-only queries: whatever a user asks, nothing is changed, nothing else is opened, and it ends.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "store/store.h"
#include "store/table.h"

namespace unroll::store {

/// The rows of exactly one SELECT (or a pragma that only tells). `parameters` are for its question marks. Throws Error,
/// with line and column in the statement where SQLite knows them: a mistake in it, more than one statement, anything
/// but reading, more than `timeout` or more than 2 GiB of rows. Beside SQLite's own functions there are median(x) and
/// stddev(x).
Table query(Store& store, std::string_view sql, const std::vector<Value>& parameters = {},
            std::chrono::milliseconds timeout = std::chrono::seconds(60));

/// Throws what query() would throw before it reads the first row: a mistake in the statement, a second one, a change.
void check_query(Database& database, std::string_view sql);

}  // namespace unroll::store
