// Paths that are no regular files: to read one of them may wait for ever or never end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "unroll/error.h"

namespace unroll::base {

/// "a folder", "a named pipe (FIFO)", "a socket" or "a device"; "" for a regular file, and where nothing is to be seen.
/// Links are followed.
std::string special_file(const std::filesystem::path& path);

/// What is wrong with a path that is to be read: nothing there, no regular file, no permission, more than `most` bytes
/// (0: any size). None when it can be read. `wanted` is what it is expected to be. Never waits.
std::optional<Problem> unreadable(const std::filesystem::path& path, const std::string& wanted, std::uint64_t most = 0);

/// The bytes of a regular file. Throws Error: what unreadable() tells, or that the system refuses.
std::string read_file(const std::filesystem::path& path, const std::string& wanted, std::uint64_t most = 0);

}  // namespace unroll::base
