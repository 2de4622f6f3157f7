// SQLite's functions whose time is the product of two lengths, again in the time of their sum.
#pragma once

struct sqlite3;

namespace unroll::store {

/// instr, replace, trim, ltrim and rtrim as SQLite documents them, in place of its own: SQLite looks at a query's limit
/// of time between two instructions, and with texts of megabytes one call of its own takes hours.
void register_text_functions(sqlite3* connection);

}  // namespace unroll::store
