// The files of checkpoints: where they may be, and how they come and go.
#include "store/checkpoint_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <system_error>

#include "store/checkpoint_folder.h"
#include "store/location.h"
#include "unroll/error.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view extension = ".safetensors";
/// What a file has after its name while it is made: AtomicFile, link_checkpoint(), a merge.
constexpr std::array<std::string_view, 5> endings{"", ".partial", ".link", ".merge", ".merge.partial"};

/// A name in a folder, and no way to another one.
bool is_plain(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos && name.find('\0') == name.npos;
}

bool is_named_as_checkpoint(const std::string& name) {
    return is_plain(name) && std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) {
               return name.size() > extension.size() + ending.size() &&
                      name.ends_with(std::string(extension).append(ending));
           });
}

/// Whether it is there, itself and not by a link.
bool is_itself(const fs::path& path, fs::file_type type) {
    std::error_code ignored;
    return fs::symlink_status(path, ignored).type() == type;
}

fs::path folder_beside(const fs::path& database) {
    fs::path folder = real_location(database);
    folder += ".d";
    return folder;
}

/// Whether a folder is the database's, and no other's: a database that was renamed without its folder has left one that
/// belongs to no file.
bool is_own(const fs::path& database, const fs::path& folder) {
    std::error_code ignored;
    return folder == folder_beside(database) ||
           (folder.extension() == ".d" && folder.parent_path() == real_location(database).parent_path() &&
            !fs::exists(folder.parent_path() / folder.stem(), ignored));
}

}  // namespace

fs::path checkpoint_folder(const fs::path& database, const std::string& fingerprint) {
    if (!is_plain(fingerprint))
        throw Error({database, fmt::format("a trial with the fingerprint '{}'", fingerprint), "hexadecimal digits",
                     "this store was not made by unroll: do not use it"});
    return folder_beside(database) / fingerprint;
}

fs::path checkpoint_file(const fs::path& database, const std::string& stored) {
    const fs::path named = fs::path(stored).lexically_normal();
    const std::vector<fs::path> parts(named.begin(), named.end());
    if (parts.size() != 3 ||
        !std::all_of(parts.begin(), parts.end(), [](const fs::path& part) { return is_plain(part.native()); }) ||
        !parts[2].native().ends_with(extension) || !parts[0].native().ends_with(".d"))
        return {};
    const fs::path own = folder_beside(database) / parts[1] / parts[2];
    for (const fs::path& place : {real_location(database).parent_path() / named, own})
        if (is_itself(place, fs::file_type::regular) && is_itself(place.parent_path(), fs::file_type::directory))
            return place;
    // Where it should be, unless something else is there.
    const bool is_free =
        is_itself(own, fs::file_type::not_found) && !is_itself(own.parent_path(), fs::file_type::symlink);
    return is_free ? real_location(database).parent_path() / named : fs::path();
}

std::vector<fs::path> files_of_checkpoints(const fs::path& folder) {
    std::vector<fs::path> files;
    if (!is_itself(folder, fs::file_type::directory)) return files;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        if (is_named_as_checkpoint(entry->path().filename().native()) &&
            is_itself(entry->path(), fs::file_type::regular))
            files.push_back(entry->path());
    return files;
}

void remove_checkpoints(const fs::path& database, const std::vector<fs::path>& paths) {
    std::error_code ignored;
    for (const fs::path& path : paths) {
        const fs::path folder = path.parent_path();
        if (is_own(database, folder) && is_itself(path, fs::file_type::directory)) {
            fs::remove(path, ignored);  // fails while something is in it
            continue;
        }
        if (is_own(database, folder.parent_path()) && is_itself(folder, fs::file_type::directory) &&
            is_named_as_checkpoint(path.filename().native()) && is_itself(path, fs::file_type::regular))
            fs::remove(path, ignored);
    }
}

bool link_checkpoint(const fs::path& from, const fs::path& to) {
    std::error_code error;
    if (from.empty() || !is_itself(from, fs::file_type::regular)) return false;
    if (from == to) return true;
    fs::create_directories(to.parent_path(), error);
    if (!is_itself(to.parent_path(), fs::file_type::directory)) return false;
    fs::path made = to;
    made += ".link";
    fs::remove(made, error);
    fs::create_hard_link(from, made, error);
    if (error) {
        error.clear();
        fs::copy_file(from, made, fs::copy_options::overwrite_existing, error);
    }
    if (!error) fs::rename(made, to, error);
    if (!error) return true;
    std::error_code ignored;
    fs::remove(made, ignored);
    return false;
}

}  // namespace unroll::store
