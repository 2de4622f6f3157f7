// Data files of a stored trial that are no longer where they were: after a move, or on another machine.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "manifest/data_files/lookup.h"
#include "plugins/catalog.h"

namespace unroll::manifest {

/// Where the data of a store's trials is looked for: its folder and those around it, up to the project's; the working
/// directory; the folders of `UNROLL_DATA`. Fetches nothing.
Lookup lookup_of_store(const std::filesystem::path& database);

/// `config`, a trial's, with its dataset's absolute paths replaced: once for each place in which all of them exist.
/// Looked for are the last parts of each path in each of the folders, the longest first: of /old/project/data/a.txt,
/// FOLDER/old/project/data/a.txt, …, FOLDER/a.txt. Whether they hold the same data is for the caller to find
/// out, by the trial's fingerprint. Empty when the dataset has no paths.
std::vector<std::string> relocated(const std::string& config, const plugins::Catalog& catalog,
                                   const std::vector<std::filesystem::path>& folders);

}  // namespace unroll::manifest
