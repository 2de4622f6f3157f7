// Looking files up, with folders and globs; reading them.
#include "files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "unroll/data_limit.h"
#include "unroll/error.h"

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(std::string found, std::string wanted, std::string next) {
    throw unroll::Error({"path", std::move(found), std::move(wanted), std::move(next)});
}

constexpr auto what_a_path_is = "a text file, a folder of text files or a glob that matches some";

bool hidden(const fs::path& file) {
    return file.filename().native().starts_with('.');
}

bool has_wildcard(const std::string& name) {
    return name.find_first_of("*?[") != std::string::npos;
}

bool is_folder_to_enter(const fs::directory_entry& entry) {
    return entry.is_directory() && !entry.is_symlink() && !hidden(entry.path());
}

/// Walks through folders, with a bound on how many names it looks at: "/**" must end.
class Search {
public:
    explicit Search(const std::string& path) : path_(path) {}

    std::vector<fs::path> files;

    void add_folder(const fs::path& folder) {
        for (const fs::directory_entry& entry : sorted_entries(folder)) {
            if (is_folder_to_enter(entry)) {
                add_folder(entry.path());
            } else if (entry.is_regular_file() && !hidden(entry.path())) {
                files.push_back(entry.path());
            }
        }
    }

    /// Adds the files below `folder` that the names in [name, end) match, one folder after the other.
    void add_matches(const fs::path& folder, fs::path::const_iterator name, fs::path::const_iterator end) {
        while (std::next(name) != end && *name == "**" && *std::next(name) == "**") ++name;  // as one
        const fs::path::const_iterator rest = std::next(name);
        const bool last = rest == end;
        if (!has_wildcard(name->native())) {
            const fs::path next = folder / *name;
            if (last ? fs::is_regular_file(next) : fs::is_directory(next)) {
                last ? files.push_back(next) : add_matches(next, rest, end);
            }
            return;
        }
        if (*name == "**") {
            if (last) return add_folder(folder);
            add_matches(folder, rest, end);  // no folder at all
            for (const fs::directory_entry& entry : sorted_entries(folder)) {
                if (is_folder_to_enter(entry)) add_matches(entry.path(), name, end);
            }
            return;
        }
        for (const fs::directory_entry& entry : sorted_entries(folder)) {
            if (fnmatch(name->c_str(), entry.path().filename().c_str(), FNM_PERIOD | FNM_NOESCAPE) != 0) continue;
            if (last && entry.is_regular_file()) files.push_back(entry.path());
            if (!last && entry.is_directory()) add_matches(entry.path(), rest, end);
        }
    }

private:
    std::vector<fs::directory_entry> sorted_entries(const fs::path& folder) {
        constexpr std::size_t most = 1'000'000;
        std::vector<fs::directory_entry> entries;
        for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
            if (++seen_ > most)
                fail(fmt::format("\"{}\" reaches more than {} files and folders", path_, most), what_a_path_is,
                     "begin the path with the folder that has the data");
            entries.push_back(entry);
        }
        std::sort(entries.begin(), entries.end());
        return entries;
    }

    const std::string& path_;
    std::size_t seen_ = 0;
};

std::vector<fs::path> find(const std::string& path) {
    if (path.find('\0') != std::string::npos) fail("a path with the character NUL", what_a_path_is, "remove it");
    const fs::path asked = fs::path(path).lexically_normal();
    Search search(path);
    std::vector<fs::path>& files = search.files;
    if (fs::is_regular_file(asked)) return {asked};
    if (fs::is_directory(asked)) {
        search.add_folder(asked);
        if (files.empty()) {
            fail(fmt::format("\"{}\" is a folder without files", path), what_a_path_is,
                 "add text files; hidden files (leading dot) are ignored");
        }
    } else if (fs::exists(asked)) {
        fail(fmt::format("\"{}\" is neither a file nor a folder", path), what_a_path_is,
             "give the path of a text file");
    } else if (has_wildcard(path)) {
        const fs::path relative = asked.relative_path();
        search.add_matches(asked.root_path().empty() ? fs::path(".") : asked.root_path(), relative.begin(),
                           relative.end());
        if (files.empty()) {
            fail(fmt::format("the glob \"{}\" matches no file", path), what_a_path_is,
                 "check the pattern: * and ? match within a name, ** matches any number of folders, hidden files "
                 "(leading "
                 "dot) are ignored");
        }
    } else {
        fail(fmt::format("\"{}\" does not exist", path), what_a_path_is,
             "check the path; a relative path is looked up beside the manifest, in the working directory and in the "
             "folders of UNROLL_DATA");
    }
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
    files.erase(std::unique(files.begin(), files.end()), files.end());  // two ** may find a file twice
    return std::move(files);
}

/// Reads exactly `size` bytes, as many as the file had when the room for them was made.
void read_file(const fs::path& path, char* to, std::size_t size) {
    if (size == 0) return;  // among them files of /proc that wait to be read
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    std::size_t done = 0;
    int problem = file < 0 ? errno : 0;
    while (file >= 0 && done < size) {
        const ssize_t count = read(file, to + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) problem = errno;
        if (count <= 0) break;
        done += static_cast<std::size_t>(count);
    }
    if (file >= 0) close(file);
    if (problem != 0) {
        fail(fmt::format("\"{}\" cannot be read: {}", path.native(), std::generic_category().message(problem)),
             "readable files", "check its permissions");
    }
    if (done < size) {
        fail(fmt::format("\"{}\" shrank while it was read, to {} of {} bytes", path.native(), done, size),
             "files that are not being written to", "run again when it is complete");
    }
}

}  // namespace

std::vector<fs::path> find_files(const std::string& path) {
    try {
        return find(path);
    } catch (const fs::filesystem_error& error) {
        fail(fmt::format("\"{}\" cannot be searched: {}", error.path1().native(), error.code().message()),
             "readable files and folders", "check its permissions");
    }
}

Bytes read_files(const std::vector<fs::path>& files) {
    const std::size_t limit = unroll::data_limit();
    std::vector<std::size_t> sizes;
    std::size_t total = 0;
    for (const fs::path& file : files) {
        std::error_code problem;
        total += sizes.emplace_back(fs::file_size(file, problem));
        if (problem) {
            fail(fmt::format("\"{}\" cannot be read: {}", file.native(), problem.message()), "readable files",
                 "check its permissions");
        }
        if (sizes.back() > limit || total > limit)
            fail(files.size() == 1 ? fmt::format("\"{}\" has {} bytes", file.native(), total)
                                   : fmt::format("{} files, the first of which to \"{}\" have {} bytes", files.size(),
                                                 file.native(), total),
                 unroll::within_data_limit(), unroll::raise_data_limit);
    }
    if (total == 0) {
        fail(files.size() == 1
                 ? fmt::format("\"{}\" is empty", files[0].native())
                 : fmt::format("all {} files are empty, the first is \"{}\"", files.size(), files[0].native()),
             "a text to train on", "check the contents of the files");
    }
    Bytes bytes;
    bytes.memory = std::make_unique_for_overwrite<char[]>(total);
    bytes.all = {bytes.memory.get(), total};
    std::size_t offset = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
        read_file(files[i], bytes.memory.get() + offset, sizes[i]);
        bytes.files.push_back({files[i], bytes.all.substr(offset, sizes[i])});
        offset += sizes[i];
    }
    return bytes;
}
