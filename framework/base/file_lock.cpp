// A lock on a file itself, and who holds the locks on one.
#include "base/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>
#include <sstream>
#include <system_error>
#include <vector>

#include "base/files.h"

namespace unroll::base {

namespace fs = std::filesystem;

/// A descriptor that locks are taken with, and the file that it is of.
struct FileLock::Open {
    File file;
    dev_t device;
    ino_t inode;
    bool held = false;
};

namespace {

constexpr off_t locked_byte = off_t{1} << 61;  ///< SQLite's locks are at 2^30, and its files end before 2^48

std::mutex mutex;  ///< guards the descriptors, and locks that are taken with them

[[noreturn]] void fail(int code) {
    throw std::system_error(code, std::generic_category());
}

bool set_lock(int descriptor, short type) {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = locked_byte;
    lock.l_len = 1;
    for (;;) {
        if (::fcntl(descriptor, F_OFD_SETLK, &lock) == 0) return true;
        if (errno == EAGAIN || errno == EACCES) return false;
        if (errno != EINTR) fail(errno);
    }
}

struct stat status_of(int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) fail(errno);
    return status;
}

bool is_same(const struct stat& one, const struct stat& other) {
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

std::optional<FileLock> FileLock::try_lock(const fs::path& path) {
    static auto& descriptors = *new std::vector<std::shared_ptr<Open>>;  // never destroyed: see the class
    const std::lock_guard guard(mutex);
    std::erase_if(descriptors,
                  [](const auto& open) { return !open->held && status_of(open->file.descriptor()).st_nlink == 0; });
    const auto known = [&](const struct stat& status) {
        return std::find_if(descriptors.begin(), descriptors.end(), [&](const auto& open) {
            return open->device == status.st_dev && open->inode == status.st_ino;
        });
    };
    for (;;) {
        struct stat named {};
        const bool is_there = ::stat(path.c_str(), &named) == 0;
        if (is_there && !S_ISREG(named.st_mode)) fail(S_ISDIR(named.st_mode) ? EISDIR : EINVAL);
        auto open = is_there ? known(named) : descriptors.end();
        if (open == descriptors.end()) {
            File file(path, O_RDWR | O_NONBLOCK | (is_there ? 0 : O_CREAT));
            const struct stat status = status_of(file.descriptor());
            descriptors.push_back(std::make_shared<Open>(Open{std::move(file), status.st_dev, status.st_ino}));
            open = std::prev(descriptors.end());
        }
        if ((*open)->held || !set_lock((*open)->file.descriptor(), F_WRLCK)) return std::nullopt;
        // Its former holder may have renamed or removed it meanwhile.
        if (::stat(path.c_str(), &named) == 0 && is_same(named, status_of((*open)->file.descriptor()))) {
            (*open)->held = true;
            return FileLock(*open, !is_there);
        }
        set_lock((*open)->file.descriptor(), F_UNLCK);
    }
}

FileLock::~FileLock() {
    if (!open_) return;
    const std::lock_guard guard(mutex);
    open_->held = false;
    try {
        set_lock(open_->file.descriptor(), F_UNLCK);
    } catch (const std::system_error&) {  // the lock ends with the process then
    }
}

bool FileLock::is_empty() const {
    return status_of(open_->file.descriptor()).st_size == 0;
}

namespace {

std::string content_of(const fs::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::optional<pid_t> process_named(const std::string& text) {
    pid_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(id) : std::nullopt;
}

/// Whether a process holds a description lock by a descriptor that is of this file.
bool holds_lock(const fs::path& process, const struct stat& file) {
    std::error_code error;
    for (fs::directory_iterator entry(process / "fd", error), end; !error && entry != end; entry.increment(error)) {
        struct stat other {};
        if (::stat(entry->path().c_str(), &other) == 0 && is_same(other, file) &&
            content_of(process / "fdinfo" / entry->path().filename()).find("OFDLCK") != std::string::npos)
            return true;
    }
    return false;
}

std::string name_of(pid_t process) {
    std::string name = content_of(fmt::format("/proc/{}/comm", process));
    while (!name.empty() && (name.back() == '\n' || static_cast<unsigned char>(name.back()) < ' ')) name.pop_back();
    const bool is_printable =
        std::all_of(name.begin(), name.end(), [](unsigned char c) { return c >= ' ' && c < 127; });
    return name.empty() || !is_printable ? fmt::format("process {}", process)
                                         : fmt::format("process {} ({})", process, name);
}

}  // namespace

std::optional<pid_t> file_lock_holder(const fs::path& path) {
    struct stat file {};
    if (::stat(path.c_str(), &file) != 0) return std::nullopt;
    std::error_code error;
    for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
        const auto process = process_named(entry->path().filename().string());
        if (process && holds_lock(entry->path(), file)) return process;
    }
    return std::nullopt;
}

std::string lockers_of(const fs::path& path) {
    struct stat file {};
    if (::stat(path.c_str(), &file) != 0) return "";
    const std::string wanted = fmt::format("{:02x}:{:02x}:{}", major(file.st_dev), minor(file.st_dev),
                                           static_cast<std::uint64_t>(file.st_ino));
    std::set<pid_t> readers, writers;
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);) {
        // "1: POSIX  ADVISORY  READ 1234 fe:00:5678 128 128"; one that is waited for has "->" after its number.
        std::istringstream words(line);
        std::string number, kind, advisory, access, process, inode;
        words >> number >> kind >> advisory >> access >> process >> inode;
        const auto id = process_named(process);
        if (kind != "POSIX" || inode != wanted || !id || *id <= 0 || *id == ::getpid()) continue;
        (access == "WRITE" ? writers : readers).insert(*id);
    }
    std::vector<std::string> names;
    for (const pid_t process : writers.empty() ? readers : writers) names.push_back(name_of(process));
    return fmt::format("{}", fmt::join(names, " and "));
}

}  // namespace unroll::base
