// A store's contents at one moment, as a file of its own that can be read from anywhere without a lock.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace unroll::store {

struct SnapshotFile {
    std::string path;  ///< of a checkpoint, relative to the folder that the store is in
    std::string sha256;
};

/// Writes what is committed in `database` to `to`, which must not be there, while others go on writing `database`. In
/// the copy, trials that run are interrupted. Returns the checkpoints that it names. Throws Error.
std::vector<SnapshotFile> write_snapshot(const std::filesystem::path& database, const std::filesystem::path& to);

/// A text that changes whenever a checkpoint of the store comes or goes.
std::string checkpoint_mark(const std::filesystem::path& database);

}  // namespace unroll::store
