// Where the files that a manifest names are looked for, and how those that are nowhere get here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "manifest/data_files/remote.h"

namespace unroll::manifest {

/// The folders in which a relative path is looked up, in this order. A path may be a file, a folder or a glob.
struct Lookup {
    std::vector<std::filesystem::path> folders;
    Fetch fetch = nullptr;  ///< null: nothing is fetched
    /// The data of a stored trial, as the user names it: a file or a folder. Empty: it is looked for.
    std::filesystem::path data = {};

    /// Beside the manifest, the working directory, the folders of `UNROLL_DATA` (separated by ':').
    static Lookup standard(const std::filesystem::path& manifest);

    /// The absolute, normal form of `path` in the first folder that has it (a glob: that has a match); none when no
    /// folder has it.
    std::optional<std::filesystem::path> find(const std::string& path) const;
};

}  // namespace unroll::manifest
