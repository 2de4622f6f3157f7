// Whether a file's tables and views are those that unroll makes.
#pragma once

#include <span>

#include "store/schema.h"

namespace unroll::store {

/// Throws Error unless the file has every table of these steps as a table (and not as a view or a virtual table), and
/// every view with the very definition that they give it: commands read them, and what a stranger's file defines under
/// their names would be run by each. What else there is, nobody reads but queries, under their limits.
void check_objects(Database& database, std::span<const MigrationStep> steps);

}  // namespace unroll::store
