// One runner for each database.
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <system_error>

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
std::string holder(const fs::path& file) {
    std::string text;
    std::getline(std::ifstream(file), text);
    return text.empty() ? "a process that is just starting" : text;
}

[[noreturn]] void refuse(const fs::path& file, const std::error_code& code) {
    throw Error({file, fmt::format("cannot be locked: {}", code.message()), "a file and a folder that you may write in",
                 "change their permissions, or name another database with --db"});
}

}  // namespace

RunnerLock::RunnerLock(const fs::path& database) {
    path_ = lock_file(database);
    std::error_code error;
    fs::create_directories(path_.parent_path(), error);
    try {
        lock_ = base::LockedFile::try_lock(path_);
        if (lock_) {
            lock_->file().truncate();
            lock_->file().write(fmt::format("process {}, since {}", ::getpid(), now()));
        }
    } catch (const std::system_error& refused) {
        refuse(path_, refused.code());
    }
    if (!lock_)
        throw Error({database, fmt::format("database in use by {}", holder(path_)),
                     "one command at a time that changes a database",
                     "wait until it is done, or name another file with --db"});
}

RunnerLock::~RunnerLock() {
    ::unlink(path_.c_str());  // while it is held, so that nobody else's is removed
}

}  // namespace unroll::store
