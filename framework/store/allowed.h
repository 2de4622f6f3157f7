// What a query may use of SQLite: lists of functions and pragmas. What is on none of them is refused.
#pragma once

#include <string_view>

namespace unroll::store {

/// Functions of numbers, texts, dates and JSON, aggregates and window functions, median and stddev. Each takes no
/// longer than its arguments and its result are long, and none knows files, memory or the connection.
bool is_allowed_function(std::string_view name);

/// Pragmas that only tell, in statements and as tables (pragma_table_info); `has_argument`: a few would change
/// something with one.
bool is_allowed_pragma(std::string_view name, bool has_argument);

/// Of what a statement reads: a table or view of the file, and tables of SQLite that tell of the schema or of JSON.
bool is_allowed_table(std::string_view name);

}  // namespace unroll::store
