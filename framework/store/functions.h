// SQL functions that SQLite lacks: the aggregates median(x) and stddev(x).
#pragma once

struct sqlite3;

namespace unroll::store {

/// median: the middle value, or the mean of the two middle ones. stddev: of a sample (n - 1), NULL for fewer than two
/// values. Both pass over NULL and refuse text.
void register_functions(sqlite3* connection);

}  // namespace unroll::store
