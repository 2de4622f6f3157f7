// Which columns of a store refer to a trial, read from the file itself, so that a table which is added later is known.
#pragma once

#include <string>
#include <vector>

#include "store/database.h"

namespace unroll::store {

/// A column with a foreign key.
struct Reference {
    std::string table, column;
};

/// Every column that refers to the table `to`, by table and column.
std::vector<Reference> references(Database& database, const std::string& to);

/// The columns of a table, in their order.
std::vector<std::string> columns_of(Database& database, const std::string& table);

/// Deletes every row that refers to the trial, then the trial itself. Files are left alone.
void delete_trial(Database& database, std::int64_t trial);

}  // namespace unroll::store
