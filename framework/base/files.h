// Files that survive: whole or not there after a crash, and held by one process at a time.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace unroll::base {

/// A file descriptor that closes itself. Functions throw std::system_error when the system refuses. For one thread at a
/// time.
class File {
public:
    /// As open(2), close-on-exec; a new file gets the permissions that the user's umask leaves.
    File(const std::filesystem::path& path, int flags);
    ~File();
    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;

    void write(std::string_view bytes);  ///< all of them, from where the last write ended
    void truncate();                     ///< to nothing
    void sync();                         ///< returns when the bytes would outlive a loss of power
    void close();                        ///< tells of errors that a destructor could not
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

/// Makes the names in a folder (made, renamed, removed) outlive a loss of power. "" is the working directory.
/// Throws std::system_error.
void sync_folder(const std::filesystem::path& folder);

/// A file that takes its name only when it is whole: it is written as PATH.partial, a file of its own whatever has that
/// name, which is gone unless commit() was reached. A crash leaves either what was there before or all of the new
/// bytes. One writer at a time to one path. Functions throw std::system_error.
class AtomicFile {
public:
    /// Makes the folder when it is missing.
    explicit AtomicFile(std::filesystem::path path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(std::string_view bytes) { file_->write(bytes); }
    void commit();  ///< synced, renamed to PATH, and the folder synced; to be called once, at the end

private:
    std::filesystem::path path_, partial_;
    std::optional<File> file_;
};

/// A file that one holder has at a time, of all processes on this machine (flock): until it is destroyed. A link is no
/// such file.
class LockedFile {
public:
    /// Makes the file when it is missing. None while another holds it. The lock is on the file that has this name:
    /// one that its former holder has renamed or removed meanwhile is not taken for it. Throws std::system_error.
    static std::optional<LockedFile> try_lock(const std::filesystem::path& path);

    File& file() { return file_; }

private:
    explicit LockedFile(File file) : file_(std::move(file)) {}

    File file_;
};

}  // namespace unroll::base
