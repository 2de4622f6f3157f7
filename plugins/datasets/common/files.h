// The files that a path means, and their bytes.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// The regular files that `path` stands for, sorted by path: a file itself; all files of a folder and the folders in
/// it; or those that a glob matches (`*`, `?` and `[…]` within a name, `**` for any number of folders). Names that
/// begin with a dot are left out, unless the path spells the dot out; linked folders are not entered by `**` nor from a
/// folder. Throws Error, `where` "path", when there are none, or when a million names were looked at before all were
/// found.
std::vector<std::filesystem::path> find_files(const std::string& path);

/// The bytes of several files, one after the other.
struct Bytes {
    struct File {
        std::filesystem::path path;
        std::string_view bytes;
    };
    std::unique_ptr<char[]> memory;
    std::string_view all;
    std::vector<File> files;  ///< parts of `all`, in order
};

/// Throws Error, `where` "path", when a file cannot be read, changes meanwhile, when all of them are empty, or when
/// together they are larger than the data limit.
Bytes read_files(const std::vector<std::filesystem::path>& files);
