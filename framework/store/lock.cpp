// One runner for each database.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "store/database.h"
#include "store/store.h"
#include "unroll/error.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

fs::path lock_file(const fs::path& database) {
    fs::path file = fs::absolute(database).lexically_normal();
    file += ".lock";
    return file;
}

/// "process 123, since 2024-…", as the holder wrote it.
std::string holder(int file) {
    char text[200] = {};
    const auto length = ::pread(file, text, sizeof text - 1, 0);
    return length > 0 ? std::string(text, static_cast<std::size_t>(length))
                      : std::string("a process that is just starting");
}

[[noreturn]] void refuse(const fs::path& file, int code) {
    throw Error({file, fmt::format("cannot be locked: {}", std::strerror(code)),
                 "a file and a folder that you may write in",
                 "change their permissions, or name another database with --db"});
}

}  // namespace

RunnerLock::RunnerLock(const fs::path& database) {
    path_ = lock_file(database);
    std::error_code error;
    fs::create_directories(path_.parent_path(), error);
    for (;;) {
        file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (file_ < 0) refuse(path_, errno);
        if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
            const int code = errno;
            const std::string who = code == EWOULDBLOCK ? holder(file_) : "";
            ::close(file_);
            if (code != EWOULDBLOCK) refuse(path_, code);
            throw Error({database, fmt::format("database in use by {}", who),
                         "one `unroll run` at a time for each database",
                         "wait until it is done, or name another file with --db"});
        }
        // Whoever held it before may have removed the file that was opened here.
        struct stat locked = {}, named = {};
        if (::fstat(file_, &locked) == 0 && ::stat(path_.c_str(), &named) == 0 && locked.st_ino == named.st_ino) break;
        ::close(file_);
    }
    const std::string self = fmt::format("process {}, since {}", ::getpid(), now());
    if (::ftruncate(file_, 0) != 0 ||
        ::pwrite(file_, self.data(), self.size(), 0) != static_cast<ssize_t>(self.size())) {
        const int code = errno;
        ::close(file_);
        refuse(path_, code);
    }
}

RunnerLock::~RunnerLock() {
    ::unlink(path_.c_str());
    ::close(file_);
}

}  // namespace unroll::store
