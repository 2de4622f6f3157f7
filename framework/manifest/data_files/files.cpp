// Finding, verifying and fetching files.
#include "manifest/data_files/files.h"
#include "unroll/sha256.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.h"

namespace unroll::manifest {
namespace {

namespace fs = std::filesystem;

/// Whether a path could be a file's: no folder, no glob.
bool names_a_file(const fs::path& path) {
    const std::string name = path.filename();
    return !name.empty() && name != "." && name != ".." && path.string().find_first_of("*?[") == std::string::npos;
}

/// What was found, when the manifest is to say where.
std::string found_there(const Problem& problem) {
    return problem.where.empty() ? problem.found : fmt::format("{}: {}", problem.where, problem.found);
}

Problem not_one_file(const FileRequest& wanted) {
    return {"path",
            fmt::format("\"{}\" with a {}, but it is not a single file", wanted.path,
                        wanted.url.empty() ? "sha256" : "url"),
            "the path of one file", "name the file, or remove its url and sha256"};
}

}  // namespace

const Files::Found& Files::find(const FileRequest& wanted) {
    const auto [entry, is_new] = found_.try_emplace({wanted.path, wanted.url, wanted.sha256});
    if (is_new) entry->second = search(wanted);
    return entry->second;
}

/// The path of a file or folder that is there and has nearly this name; "" when there is none.
std::string Files::neighbour(const fs::path& path) const {
    constexpr std::size_t most = 10'000;  // a folder of more is not worth the time of a message
    const std::vector<fs::path> here{fs::path()};
    for (const fs::path& folder : path.is_absolute() ? here : lookup_.folders) {
        std::vector<std::string> names;
        std::error_code unreadable;
        for (fs::directory_iterator entry(folder / path.parent_path(), unreadable), end;
             !unreadable && entry != end && names.size() < most; entry.increment(unreadable))
            names.push_back(entry->path().filename().string());
        std::sort(names.begin(), names.end());
        if (const std::string near = base::nearest(path.filename().string(), names); !near.empty())
            return (path.parent_path() / near).string();
    }
    return {};
}

Files::Found Files::search(const FileRequest& wanted) const {
    if (!wanted.sha256.empty() && !names_a_file(wanted.path)) return not_one_file(wanted);
    if (const auto here = lookup_.find(wanted.path))
        return wanted.sha256.empty() ? Found(*here) : verified(*here, wanted);
    if (!wanted.url.empty() && lookup_.fetch) return fetched(wanted);
    const std::string near = names_a_file(wanted.path) ? neighbour(wanted.path) : "";
    return Problem{"path", nowhere(wanted.path), "a file, folder or glob that exists",
                   !near.empty() ? base::did_you_mean(near)
                   : fs::path(wanted.path).is_absolute()
                       ? "correct the path"
                       : "correct the path, or name its folder in the environment variable UNROLL_DATA"};
}

Files::Found Files::verified(const fs::path& file, const FileRequest& wanted) const {
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) return not_one_file(wanted);
    try {
        const std::string sha256 = sha256_of(file);
        if (sha256 == wanted.sha256) return file;
        return Problem{"sha256", fmt::format("\"{}\" has the SHA-256 {}", file.string(), sha256), wanted.sha256,
                       wanted.url.empty()
                           ? "put the right file there, or correct the checksum if this is the right one"
                           : "move that file away to have the right one downloaded, or correct url and checksum if "
                             "this is the right one"};
    } catch (const Error& error) {
        return Problem{"path", found_there(error.problem()), error.problem().expected, error.problem().help};
    }
}

Files::Found Files::fetched(const FileRequest& wanted) const {
    const fs::path path = wanted.path;
    try {
        return lookup_.fetch({path.filename(), wanted.url, wanted.sha256});
    } catch (const Error& error) {
        const Problem& problem = error.problem();
        const fs::path place =
            lookup_.folders.empty() ? path : lookup_.folders.front() / path;  // of an absolute: itself
        return Problem{
            "url", fmt::format("{}; {}", nowhere(wanted.path), found_there(problem)),
            problem.expected.empty() ? fmt::format("the file with the SHA-256 {}", wanted.sha256) : problem.expected,
            fmt::format("{}{}put the file at {} by hand{}", problem.help, problem.help.empty() ? "" : ", or ",
                        place.lexically_normal().string(),
                        path.is_absolute() ? "" : ", or in a folder that UNROLL_DATA names")};
    }
}

std::string Files::nowhere(const std::string& path) const {
    if (fs::path(path).is_absolute()) return fmt::format("\"{}\", which does not exist", path);
    std::vector<std::string> places;
    for (const fs::path& folder : lookup_.folders) places.push_back(folder.string());
    return fmt::format("\"{}\", which was not found in {}", path, fmt::join(places, ", "));
}

}  // namespace unroll::manifest
