// Read-only queries by users: nothing can be changed, no other file opened, and each ends within its time.
#pragma once

#include <string_view>
#include <vector>

#include "store/guard.h"
#include "store/result_table.h"
#include "store/store.h"

namespace unroll::store {

/// The rows of exactly one SELECT (or an informational PRAGMA). `parameters` are for its question marks. Throws Error,
/// with line and column in the statement where SQLite knows them: a mistake in it, more than one statement, anything
/// but reading, a function or pragma that is not on the list (allowed.h), more than the limits or more than 256 MiB of
/// rows; base::Interrupted when limits.stop says so. In addition to SQLite's functions there are median(x) and
/// stddev(x).
Table query(Store& store, std::string_view sql, const std::vector<Value>& parameters = {},
            const QueryLimits& limits = {});

/// Throws what query() would throw before it reads the first row: a mistake in the statement, a second one, a change.
void check_query(Database& database, std::string_view sql);

}  // namespace unroll::store
