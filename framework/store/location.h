// Where a database really is: one file has one folder of checkpoints and one lock, whatever name it is called by.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace unroll::store {

/// The database's own path: absolute, without links. Of a file with several names in its folder (hard links), the one
/// that its journal or its checkpoints are named after, or else the first. A file that is not there has the path that
/// it will have.
std::filesystem::path real_location(const std::filesystem::path& database);

/// Throws Error for a file with names in other folders (hard links) whose checkpoints are not beside this one: SQLite
/// would look for its journal under the wrong name.
void refuse_second_name(const std::filesystem::path& location);

/// "NFS", say, of the file system that an existing path is on, when other machines may be at its files as well, where
/// locks and shared memory do not hold what SQLite needs of them. "" for one of this machine.
std::string network_file_system(const std::filesystem::path& path);

/// As above, of a type as statfs(2) and as /proc/self/mountinfo tells it.
std::string network_file_system(long type, std::string_view mounted_as);

/// Whether the user takes that upon himself (UNROLL_NETWORK_STORE=1): no other machine is at the file meanwhile.
bool allows_network();

}  // namespace unroll::store
