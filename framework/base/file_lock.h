// A lock on a file itself, whatever name it is called by, and who holds the locks on one.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace unroll::base {

/// A file that one holder has at a time, of all processes and all threads of them: links, other paths and other mounts
/// to it are the same file. An open file description lock (fcntl(2)) on one byte far beyond the file's contents, which
/// nobody reads or writes; locks of other kinds on other bytes, such as SQLite's, are not touched, and the file is
/// never truncated. It ends with its holder, killed or not.
///
/// The descriptor stays open until the process ends or the file is gone: closing any descriptor of a file drops all
/// POSIX locks that the process has on it, and SQLite's are such.
class FileLock {
public:
    /// Makes the file when it is missing. None while another holds it. Throws std::system_error: not a regular file, no
    /// permission, …
    static std::optional<FileLock> try_lock(const std::filesystem::path& path);

    ~FileLock();
    FileLock(FileLock&&) noexcept = default;
    FileLock& operator=(FileLock&&) = delete;

    bool made_file() const { return made_file_; }  ///< it was not there before
    bool is_empty() const;                         ///< the file has no bytes

private:
    struct Open;
    FileLock(std::shared_ptr<Open> open, bool made_file) : open_(std::move(open)), made_file_(made_file) {}

    std::shared_ptr<Open> open_;
    bool made_file_ = false;
};

/// The process that holds a FileLock on this file, as far as this user may look; also this process.
std::optional<pid_t> file_lock_holder(const std::filesystem::path& path);

/// The other processes with POSIX locks on a file, as "process 12 (python3) and process 13 (sqlite3)": those that lock
/// it to write, if there are any, else all. "" when none is known.
std::string lockers_of(const std::filesystem::path& path);

}  // namespace unroll::base
