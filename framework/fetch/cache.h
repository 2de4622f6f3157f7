// Files that were downloaded, kept where the next run finds them: FOLDER/SHA256/NAME.
#pragma once

#include <filesystem>
#include <optional>

#include "fetch/download.h"
#include "manifest/data_files/remote.h"

namespace unroll::fetch {

/// `UNROLL_CACHE`, else `XDG_CACHE_HOME`/unroll, else ~/.cache/unroll; empty when none of them is set.
std::filesystem::path cache_folder();

/// The file when it is in the cache and what it should be. Throws Error for a name that is no file's within a folder
/// ("..", "a/b").
std::optional<std::filesystem::path> in_cache(const manifest::Remote& remote, const std::filesystem::path& folder);

/// The file in the cache; downloaded when it is not there yet, or not what it should be. What is not complete and
/// verified never stands under a file's name, whenever the process or the machine dies; where several processes or
/// threads want one file at once, one downloads it and the others wait.
///
/// Throws Error as manifest::Fetch does, and Interrupted; nothing is left of the attempt then. Any number of threads
/// may call it at once.
std::filesystem::path cached(const manifest::Remote& remote, const std::filesystem::path& folder, const Limits& limits,
                             DownloadMonitor& observer);

}  // namespace unroll::fetch
