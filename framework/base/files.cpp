// What the system is asked for.
#include "base/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace unroll::base {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail() {
    throw std::system_error(errno, std::generic_category());
}

}  // namespace

File::File(const fs::path& path, int flags) : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) fail();
}

File::~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

File& File::operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

void File::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) fail();
        if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void File::truncate() {
    if (::ftruncate(descriptor_, 0) != 0 || ::lseek(descriptor_, 0, SEEK_SET) != 0) fail();
}

void File::sync() {
    if (::fsync(descriptor_) != 0) fail();
}

void File::close() {
    if (::close(std::exchange(descriptor_, -1)) != 0) fail();
}

void sync_folder(const fs::path& folder) {
    File(folder.empty() ? fs::path(".") : folder, O_RDONLY | O_DIRECTORY).sync();
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), partial_(path_) {
    partial_ += ".partial";
    const fs::path folder = path_.parent_path();
    if (!folder.empty() && fs::create_directories(folder)) sync_folder(folder.parent_path());
    ::unlink(partial_.c_str());  // what a crash has left, or a link, which is not followed
    file_.emplace(partial_, O_WRONLY | O_CREAT | O_EXCL);
}

AtomicFile::~AtomicFile() {
    if (partial_.empty()) return;
    std::error_code ignored;
    fs::remove(partial_, ignored);
}

void AtomicFile::commit() {
    file_->sync();
    file_->close();
    fs::rename(partial_, path_);
    partial_.clear();
    sync_folder(path_.parent_path());
}

std::optional<LockedFile> LockedFile::try_lock(const fs::path& path) {
    for (;;) {
        File file(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK);
        if (::flock(file.descriptor(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) return std::nullopt;
            fail();
        }
        struct stat locked = {}, named = {};
        if (::fstat(file.descriptor(), &locked) == 0 && ::stat(path.c_str(), &named) == 0 &&
            locked.st_dev == named.st_dev && locked.st_ino == named.st_ino)
            return LockedFile(std::move(file));
    }
}

}  // namespace unroll::base
