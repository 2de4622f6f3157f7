// The cache. A download goes to FOLDER/SHA256.partial, which is locked meanwhile, and is renamed when it is right.
#include "fetch/cache.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

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

/// Makes a name that was just written in a folder outlive the machine.
void sync_folder(const fs::path& folder) {
    const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return;
    ::fsync(file);  // not every file system can; then the file is downloaded again
    ::close(file);
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
        if (file_ >= 0) drop();
    }
    Partial(const Partial&) = delete;
    Partial& operator=(const Partial&) = delete;

    int file() const { return file_; }

    /// Gives it its name for good.
    void keep(const fs::path& name) {
        if (::fsync(file_) != 0) refuse(path_, "cannot be written", errno);
        make_folder(name.parent_path());
        if (::rename(path_.c_str(), name.c_str()) != 0) refuse(name, "cannot be written", errno);
        ::close(std::exchange(file_, -1));
        sync_folder(name.parent_path());
        sync_folder(path_.parent_path());
    }

private:
    /// Opens it as its one owner, empty. False while there is another.
    bool lock() {
        for (;;) {
            file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
            if (file_ < 0) refuse(path_, "cannot be written", errno);
            const int code = ::flock(file_, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
            struct stat locked = {}, named = {};
            const bool is_named = ::fstat(file_, &locked) == 0 && ::stat(path_.c_str(), &named) == 0 &&
                                  locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
            if (code == 0 && is_named && locked.st_size == 0) return true;
            if (code == 0 && is_named) ::unlink(path_.c_str());  // an owner was killed
            ::close(std::exchange(file_, -1));
            if (code == EWOULDBLOCK) return false;
            if (code != 0) refuse(path_, "cannot be locked", code);
        }  // otherwise its former owner has renamed or removed it since it was opened
    }

    void drop() {
        ::unlink(path_.c_str());  // before others may lock it
        ::close(file_);
    }

    const fs::path path_;
    int file_ = -1;
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

fs::path cached(const manifest::Remote& remote, const fs::path& folder, const Limits& limits,
                DownloadMonitor& observer) {
    if (folder.empty())
        throw Error({"",
                     fmt::format("{} has no folder to be kept in: neither UNROLL_CACHE nor HOME is set", remote.url),
                     "a cache folder", "name one in UNROLL_CACHE"});
    const fs::path file = folder / remote.sha256 / remote.name;
    if (is_right(file, remote.sha256)) return file;
    make_folder(folder);
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
