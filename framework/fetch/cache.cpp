// The cache. A download goes to FOLDER/SHA256.partial, which is locked meanwhile, and is renamed when it is right.
#include "fetch/cache.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/files.h"
#include "base/special_files.h"
#include "unroll/error.h"
#include "unroll/sha256.h"

namespace unroll::fetch {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

[[noreturn]] void refuse(const fs::path& path, std::string_view cannot, int code) {
    throw Error({"", fmt::format("{} {}: {}", path.string(), cannot, std::strerror(code)), "a cache folder to write in",
                 "change its permissions, or name another folder in UNROLL_CACHE"});
}

void make_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) refuse(folder, "cannot be made", error.value());
}

bool is_right(const fs::path& file, const std::string& sha256) {
    std::error_code ignored;
    return fs::is_regular_file(file, ignored) && sha256_of(file) == sha256;
}

/// A file that is being written, by its owner alone; gone with it unless it was kept.
class Partial {
public:
    /// Waits for another owner to be done.
    Partial(fs::path path, DownloadMonitor& observer) : path_(std::move(path)) {
        for (bool told = false; !lock();) {
            if (observer.stop()) throw Interrupted();
            if (!std::exchange(told, true)) observer.waiting();
            std::this_thread::sleep_for(50ms);
        }
    }
    ~Partial() {
        if (locked_) ::unlink(path_.c_str());  // while it is held, before others may lock it
    }
    Partial(const Partial&) = delete;
    Partial& operator=(const Partial&) = delete;

    int file() { return locked_->file().descriptor(); }

    /// Gives it its name for good.
    void keep(const fs::path& name) {
        make_folder(name.parent_path());
        try {
            locked_->file().sync();
            fs::rename(path_, name);
        } catch (const std::system_error& error) {
            refuse(name, "cannot be written", error.code().value());
        }
        locked_.reset();
        for (const fs::path& folder : {name.parent_path(), path_.parent_path()}) try {
                base::sync_folder(folder);
            } catch (const std::system_error&) {  // not every file system can; then the file is downloaded again
            }
    }

private:
    /// Opens it as its one owner, empty, whatever an owner that was killed has left. False while there is another.
    bool lock() {
        try {
            locked_ = base::LockedFile::try_lock(path_);
            if (locked_) locked_->file().truncate();
        } catch (const std::system_error& error) {
            refuse(path_, "cannot be written", error.code().value());
        }
        return locked_.has_value();
    }

    const fs::path path_;
    std::optional<base::LockedFile> locked_;
};

}  // namespace

fs::path cache_folder() {
    const auto named = [](const char* variable) {
        const char* const value = std::getenv(variable);
        return fs::path(value ? value : "");
    };
    if (const fs::path own = named("UNROLL_CACHE"); !own.empty()) return fs::absolute(own).lexically_normal();
    if (const fs::path caches = named("XDG_CACHE_HOME"); caches.is_absolute()) return caches / "unroll";
    if (const fs::path home = named("HOME"); home.is_absolute()) return home / ".cache" / "unroll";
    return {};
}

namespace {

/// Nothing is written but below the cache's own folder, whatever the caller takes for names.
fs::path place_of(const manifest::Remote& remote, const fs::path& folder) {
    for (const std::string& name : {remote.sha256, remote.name})
        if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\0", 2)) != name.npos)
            throw Error({"", fmt::format("{} with the name \"{}\"", remote.url, name), "the name of a file",
                         "name the file without a folder"});
    return folder / remote.sha256 / remote.name;
}

/// What processes have left that were killed: parts of files that nobody holds.
void remove_left_overs(const fs::path& folder) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (entry->path().extension() != ".partial" || !base::special_file(entry->path()).empty()) continue;
        try {
            if (base::LockedFile::try_lock(entry->path())) ::unlink(entry->path().c_str());
        } catch (const std::system_error&) {  // somebody else's
        }
    }
}

}  // namespace

std::optional<fs::path> in_cache(const manifest::Remote& remote, const fs::path& folder) {
    fs::path file = place_of(remote, folder);
    return !folder.empty() && is_right(file, remote.sha256) ? std::optional(std::move(file)) : std::nullopt;
}

fs::path cached(const manifest::Remote& remote, const fs::path& folder, const Limits& limits,
                DownloadMonitor& observer) {
    if (folder.empty())
        throw Error({"",
                     fmt::format("{} has no folder to be kept in: neither UNROLL_CACHE nor HOME is set", remote.url),
                     "a cache folder", "name one in UNROLL_CACHE"});
    if (auto there = in_cache(remote, folder)) return std::move(*there);
    fs::path file = place_of(remote, folder);
    make_folder(folder);
    remove_left_overs(folder);
    Partial partial(folder / (remote.sha256 + ".partial"), observer);
    if (is_right(file, remote.sha256)) return file;  // by now

    observer.started();
    const Received received = download(remote.url, partial.file(), limits, observer);
    if (received.sha256 != remote.sha256)
        throw Error({"",
                     fmt::format("{} gives {} bytes with the SHA-256 {}", remote.url, received.bytes, received.sha256),
                     fmt::format("the file with the SHA-256 {}", remote.sha256),
                     "correct the url or, if the file is meant to have changed, the sha256"});
    partial.keep(file);
    observer.finished(received.bytes);
    return file;
}

}  // namespace unroll::fetch
