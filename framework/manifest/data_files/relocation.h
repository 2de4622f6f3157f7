// Data files of a stored trial that are no longer where they were: after a move, or on another machine.
#pragma once

#include <filesystem>
#include <optional>
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

/// As above, for a dataset of one path, which may have another name: with each file of the same extension that is in
/// one of the folders, or in a folder there; some dozens at most, and not in folders far above another one. Empty for
/// any other dataset.
std::vector<std::string> renamed(const std::string& config, const plugins::Catalog& catalog,
                                 const std::vector<std::filesystem::path>& folders);

/// With this file, or folder, as the dataset's one path; none for any other dataset.
std::optional<std::string> with_data(const std::string& config, const plugins::Catalog& catalog,
                                     const std::filesystem::path& data);

}  // namespace unroll::manifest
