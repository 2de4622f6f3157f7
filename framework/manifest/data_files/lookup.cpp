// Looking files up.
#include "manifest/data_files/lookup.h"

#include <fnmatch.h>

#include <cstdlib>

namespace unroll::manifest {
namespace {

namespace fs = std::filesystem;

/// Whether a folder has something that a glob's first part with a wildcard stands for. Which files match the whole of
/// it is for the reader of the files to say.
bool has_match(const fs::path& glob) {
    fs::path folder;
    for (const fs::path& part : glob) {
        const std::string pattern = part.string();
        if (pattern.find_first_of("*?[") == pattern.npos) {
            folder /= part;
            continue;
        }
        std::error_code error;
        for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
            if (pattern == "**" || fnmatch(pattern.c_str(), entry->path().filename().c_str(), 0) == 0) return true;
        return false;
    }
    return false;
}

bool is_there(const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error) || (path.string().find_first_of("*?[") != std::string::npos && has_match(path));
}

}  // namespace

Lookup Lookup::standard(const fs::path& manifest) {
    Lookup lookup;
    const auto add = [&](const fs::path& folder) {
        const fs::path normal = fs::absolute(folder).lexically_normal();
        for (const fs::path& present : lookup.folders)
            if (present == normal) return;
        lookup.folders.push_back(normal);
    };
    add(fs::absolute(manifest).parent_path() / "");
    add(fs::current_path() / "");
    if (const char* data = std::getenv("UNROLL_DATA")) {
        const std::string_view list = data;
        for (std::size_t first = 0; first <= list.size();) {
            const std::size_t last = std::min(list.find(':', first), list.size());
            if (last > first) add(fs::path(list.substr(first, last - first)) / "");
            first = last + 1;
        }
    }
    return lookup;
}

std::optional<fs::path> Lookup::find(const std::string& path) const {
    if (fs::path(path).is_absolute())
        return is_there(path) ? std::optional(fs::path(path).lexically_normal()) : std::nullopt;
    for (const fs::path& folder : folders)
        if (const fs::path here = fs::absolute(folder / path).lexically_normal(); is_there(here)) return here;
    return std::nullopt;
}

}  // namespace unroll::manifest
