// What helps with a query that SQLite refuses: a name that was misspelled, or one that needs quotes.
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>

namespace unroll::store {

/// `message` is SQLite's, `offset` the byte of the query that it is about, or -1. Reads known names from the
/// connection's tables.
std::string help_with_query(sqlite3* connection, std::string_view sql, int offset, std::string_view message);

}  // namespace unroll::store
