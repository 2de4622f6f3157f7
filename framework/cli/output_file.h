// Files that commands write for people: reports and plots.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace unroll::cli {

/// Throws Error for a folder, and for a file in a folder that does not exist.
void check_output(const std::filesystem::path& file);

/// Writes the whole of it or nothing, in place of what was there. Throws Error when that cannot be.
void write_output(const std::filesystem::path& file, std::string_view content);

/// A name for a file after an experiment, without what a file's name cannot have: "a/b" gives "a-b.html".
std::string file_name_for(const std::string& experiment, const std::string& extension);

}  // namespace unroll::cli
