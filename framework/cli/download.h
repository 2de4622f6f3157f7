// A file that a manifest says where to get: from the cache or, for the first time, from the net.
#pragma once

#include <filesystem>

#include "manifest/data_files/remote.h"

namespace unroll::cli {

/// Shows on standard error how far a download is, unless `quiet`: on a terminal a line that is drawn again and again,
/// elsewhere one at the start and one at the end. Ctrl-C ends it at once with fetch::Interrupted. Otherwise as
/// manifest::Fetch.
std::filesystem::path download(const manifest::Remote& remote, bool quiet);

/// For what a result store names, which may be a stranger's: the file when it was downloaded before. Throws Error when
/// it was not, with the option that allows it; connects to nothing.
std::filesystem::path downloaded_before(const manifest::Remote& remote);

}  // namespace unroll::cli
