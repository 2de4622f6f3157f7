// A -wal file beside a database that nobody has open: of a run that was killed, or of another state of the file.
#pragma once

#include <filesystem>
#include <string>

namespace unroll::store {

/// What shows that the -wal file beside this database is not of its present state, as when a backup was put in its
/// place or a -wal file was copied from elsewhere; "" when nothing does. SQLite takes in whatever is whole in itself,
/// and the file is damaged for good then. Shown by pages that fit without it and not with it, and by attempts that have
/// ended without it and still run with it. Reads all pages; changes nothing.
std::string foreign_wal(const std::filesystem::path& file);

/// Throws Error when foreign_wal() tells anything. To be called before the file is opened to be written.
void refuse_foreign_wal(const std::filesystem::path& file);

}  // namespace unroll::store
