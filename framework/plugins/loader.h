// Finding plugins: shared libraries in folders become a catalog. Libraries stay loaded until the process ends.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "plugins/catalog.h"

namespace unroll::plugins {

/// A folder to look in: its *.so files and those of the folders directly in it.
struct Folder {
    std::filesystem::path path;
    std::string why;        ///< who named it: "--plugin-path", "UNROLL_PLUGIN_PATH", "beside the program", "installed"
    bool expected = false;  ///< somebody asked for it, so its absence is reported
};

/// Where plugins are looked for, in order: `given`, then the environment's UNROLL_PLUGIN_PATH (separated by colons),
/// then `plugins` beside the program (a build tree) and `../lib/unroll/plugins` (an installation).
std::vector<Folder> folders(const std::vector<std::filesystem::path>& given);

/// Every plugin in these folders, by folder and then by file name. A file that is no plugin, or one that this program
/// must not use, is refused with the reason, and the others still load; no function of a plugin has been called. So is
/// what others than the user may write to (trust.h), a whole folder with all that is in it, and a library that ends or
/// stops the process that loads it: a child process tries each first. Never throws because of what is in a folder. A
/// library may be loaded any number of times; the same file gives the same Plugin.
Catalog load(const std::vector<Folder>& folders);

/// As above for one file: empty but for this plugin or its refusal.
Catalog load_file(const std::filesystem::path& file);

}  // namespace unroll::plugins
