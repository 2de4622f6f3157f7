// One runner for each database.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <system_error>

#include "base/file_lock.h"
#include "base/files.h"
#include "store/database.h"
#include "store/location.h"
#include "store/store.h"
#include "unroll/error.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view first_words = "process ";
constexpr const char* override_variable = "UNROLL_NETWORK_STORE";

[[noreturn]] void refuse(const fs::path& file, const std::error_code& code) {
    throw Error({file, fmt::format("cannot be locked: {}", code.message()), "a file and a folder that you may write in",
                 "change their permissions, or name another database with --db"});
}

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

/// What FILE.lock says, if it is one that a runner wrote.
std::string note_in(const base::File& file) {
    std::array<char, 512> text{};
    const ssize_t size = ::pread(file.descriptor(), text.data(), text.size(), 0);
    const std::string_view line(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    return std::string(line.substr(0, line.find('\n')));
}

/// Whether FILE.lock is ours to write: a file with no other name that is empty or was written by a runner.
bool is_ours(const base::File& file) {
    struct stat status {};
    if (::fstat(file.descriptor(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink != 1) return false;
    return status.st_size == 0 || note_in(file).starts_with(first_words);
}

/// "process 123 on HOST, since 2024-…", as far as it can be known.
std::string holder(const fs::path& location, const fs::path& note) {
    std::string text;
    std::error_code ignored;
    if (fs::symlink_status(note, ignored).type() == fs::file_type::regular) try {
            text = note_in(base::File(note, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
        } catch (const std::system_error&) {  // of another user
        }
    const auto process = base::file_lock_holder(location);
    const std::string name = process ? fmt::format("{}{}", first_words, *process) : "";
    if (text.starts_with(first_words) && (!process || text.starts_with(name + " ") || text.starts_with(name + ",")))
        return text;
    return process ? fmt::format("{} on {}", name, host_name()) : "another process";
}

void refuse_network(const fs::path& location) {
    const std::string system = network_file_system(location.parent_path());
    if (system.empty() || allows_network()) return;
    throw Error(
        {location, fmt::format("on a network file system ({})", system),
         "a disk of this machine: SQLite's locks and shared memory do not hold between machines",
         fmt::format("name a file on a local disk with --db, or set {}=1 and use the file from one machine at a "
                     "time",
                     override_variable)});
}

std::optional<base::FileLock> lock_or_refuse(const fs::path& location) {
    try {
        return base::FileLock::try_lock(location);
    } catch (const std::system_error& refused) {
        refuse(location, refused.code());
    }
}

}  // namespace

bool allows_network() {
    const char* const value = std::getenv(override_variable);
    return value && std::string_view(value) == "1";
}

struct RunnerLock::Held {
    base::FileLock lock;
    fs::path location, note;
    std::optional<base::LockedFile> written;  ///< the note; none where it cannot be written
};

RunnerLock::RunnerLock(const fs::path& database) {
    const fs::path location = real_location(database);
    fs::path note = location;
    note += ".lock";
    std::error_code error;
    fs::create_directories(location.parent_path(), error);
    refuse_network(location);
    std::optional<base::FileLock> lock = lock_or_refuse(location);
    const auto in_use = [&] {
        return Error({database, fmt::format("database in use by {}", holder(location, note)),
                      "one command at a time that changes a database",
                      "wait until it is done, or name another file with --db"});
    };
    if (!lock) throw in_use();
    held_ = std::make_unique<Held>(Held{std::move(*lock), location, note, {}});
    refuse_second_name(location);
    // Earlier versions lock the note and nothing else.
    try {
        held_->written = base::LockedFile::try_lock(note);
        if (!held_->written) throw in_use();
        if (is_ours(held_->written->file())) {
            held_->written->file().truncate();
            held_->written->file().write(
                fmt::format("{}{} on {}, since {}", first_words, ::getpid(), host_name(), now()));
        } else {
            held_->written.reset();
        }
    } catch (const std::system_error&) {  // the lock holds without a note: a link, a full disk, another user's
        held_->written.reset();
    }
}

RunnerLock::~RunnerLock() {
    if (!held_) return;
    if (held_->written) ::unlink(held_->note.c_str());  // while it is held, so that nobody else's is removed
    if (held_->lock.made_file() && held_->lock.is_empty()) ::unlink(held_->location.c_str());  // nothing came of it
}

}  // namespace unroll::store
