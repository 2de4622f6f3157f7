// What can be known of a shared library without loading it: that it is a file, that it can be read, that it is whole.
#pragma once

#include <filesystem>
#include <optional>

#include "unroll/error.h"

namespace unroll::plugins {

/// Why the file cannot be a library: missing, not a regular file, empty, not to be read, or shorter than its own header
/// says (a mapped file that is cut off would kill the process). None when the dynamic linker may try. Never waits, not
/// even for a named pipe.
std::optional<Problem> check_library_file(const std::filesystem::path& file);

}  // namespace unroll::plugins
