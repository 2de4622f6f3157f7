// The result store: opening, closing, and what all of it needs.
#include "store/store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

#include "store/connection.h"
#include "store/left_wal.h"
#include "store/location.h"
#include "store/schema.h"
#include "store/waiting.h"
#include "unroll/error.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

void make_folder(const fs::path& file) {
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error)
        throw Error({file.parent_path(), fmt::format("cannot be made: {}", error.message()), "a folder for the results",
                     "name another file with --db"});
}

fs::path wal_of(fs::path file) {
    file += "-wal";
    return file;
}

/// Whether there is a WAL with something in it.
bool has_wal(const fs::path& file) {
    std::error_code error;
    const auto size = fs::file_size(wal_of(file), error);
    return !error && size > 0;
}

Database open_for_reading(const fs::path& file) {
    std::error_code ignored;
    if (!fs::exists(file, ignored))
        throw Error({file, "no such file", "a result store", "run a manifest first, or name another file with --db"});
    const auto open = [&](Database::Access access) {
        Database database(file, access);
        check_version(database);
        return database;
    };
    try {
        return open(Database::Access::read);
    } catch (const Busy&) {
        throw;
    } catch (const Error&) {
        // A file in WAL mode opens only where its shared memory can be made: not in a folder in which nobody can write,
        // and not on a full disk. Without a WAL the file is all that there is; with one it would go unread.
        if (has_wal(file)) {
            if (::access(file.parent_path().c_str(), W_OK) == 0) throw;
            throw Error(
                {file, "an interrupted run left results in its -wal file, which cannot be merged in a read-only folder",
                 "a folder that you may write in", "copy both files to one and read them there"});
        }
    }
    return open(Database::Access::immutable);
}

/// True when the journal is in this mode now; false when others hold the file for longer than the patience.
bool switch_journal(Database& database, const std::string& mode, std::chrono::milliseconds patience) {
    Wait wait(database.file(), patience);
    wait.begin();
    const Impatience own_waits(database);  // one wait, not one of SQLite's in each round
    for (;;) {
        std::string now_in;
        int code = SQLITE_OK;
        {
            sqlite3_stmt* statement = nullptr;
            code = sqlite3_prepare_v2(database.handle(), ("PRAGMA journal_mode = " + mode).c_str(), -1, &statement,
                                      nullptr);
            if (code == SQLITE_OK) code = sqlite3_step(statement);
            if (code == SQLITE_ROW) now_in = Row(statement).text(0);
            sqlite3_finalize(statement);
        }
        if (now_in == mode) return true;
        if (code != SQLITE_ROW && (code & 0xFF) != SQLITE_BUSY && (code & 0xFF) != SQLITE_LOCKED)
            fail(database.file(), code, sqlite3_errmsg(database.handle()));
        if (!wait.go_on()) return false;
    }
}

/// In WAL mode readers and the writer do not wait for each other; only a file of an earlier version, which is not in it
/// between runs, has to wait for its readers once. WAL needs shared memory, which machines do not have in common.
void choose_journal(Database& database) {
    const std::string mode = network_file_system(database.file()).empty() ? "wal" : "delete";
    const auto patience = std::chrono::seconds(60);
    if (switch_journal(database, mode, patience)) return;
    throw Error(
        {database.file(),
         fmt::format("{} has been reading it for {} s", Wait(database.file(), patience).holder(), patience.count()),
         "a file that nobody reads for a moment: one of an earlier version is changed so that readers do not "
         "keep runs waiting any more",
         "end that program's transaction, or the program, and run the same command again"});
}

Database open_for_writing(const fs::path& file) {
    make_folder(file);
    refuse_foreign_wal(file);
    Database database(file, Database::Access::write);
    refuse_foreign(database);
    choose_journal(database);
    migrate(database);
    return database;
}

}  // namespace

void remove_empty_wal(const fs::path& file) {
    std::error_code ignored;
    if (!fs::exists(wal_of(file), ignored) || has_wal(file) || ::access(file.c_str(), W_OK) != 0 ||
        ::access(file.parent_path().c_str(), W_OK) != 0)
        return;
    try {
        Database database(file, Database::Access::existing);  // the last one to close removes them
        const Impatience at_once(database);
        database.execute("SELECT count(*) FROM sqlite_schema");
    } catch (const Error&) {  // they harm nobody
    }
}

Store::Store(const fs::path& file, Mode mode) {
    const fs::path location = real_location(file);
    try {
        connection_ =
            std::make_unique<Connection>(mode == Mode::read ? open_for_reading(location) : open_for_writing(location));
    } catch (...) {
        remove_empty_wal(location);  // one that is refused is left as it was
        throw;
    }
    if (mode == Mode::read) return;
    connection_->for_runs = true;
    // Losing power may cost the last moments, never the file.
    connection_->database.execute(
        "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
        "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000");
}

Store::~Store() {
    if (!connection_) return;
    try {
        close();
    } catch (const std::exception&) {  // what was committed is in the file or in its WAL
    }
}

Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

const fs::path& Store::file() const {
    return connection_->database.file();
}

Database& Store::database() const {
    return connection_->database;
}

void Store::begin() {
    connection_->database.begin();
}

void Store::commit() {
    connection_->database.commit();
}

void Store::rollback() noexcept {
    connection_->database.rollback();
    connection_->forget();
}

bool Store::close() {
    auto connection = std::move(connection_);
    const fs::path file = connection->database.file();
    const bool is_reader = sqlite3_db_readonly(connection->database.handle(), "main") == 1;
    connection->database.rollback();
    connection->forget();
    connection->database.forget_statements();
    if (!is_reader) {
        sqlite3* const handle = connection->database.handle();
        sqlite3_busy_timeout(handle, 100);
        sqlite3_exec(handle, "PRAGMA optimize", nullptr, nullptr, nullptr);
        sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    }
    connection.reset();
    if (is_reader) remove_empty_wal(file);
    std::error_code ignored;
    return !fs::exists(wal_of(file), ignored);
}

Id Store::Connection::trial(const std::string& fingerprint) {
    const auto id = find(fingerprint);
    if (!id) throw std::invalid_argument(fmt::format("trial {} was never planned", fingerprint));
    return *id;
}

Id Store::Connection::series(std::string_view split, std::string_view name) {
    for (const auto& [key, id] : all_series)
        if (key.first == split && key.second == name) return id;
    auto id = database.prepared("SELECT id FROM series WHERE split = ? AND name = ?").integer(split, name);
    if (!id) id = database.prepared("INSERT INTO series (split, name) VALUES (?, ?) RETURNING id").integer(split, name);
    all_series.push_back({{std::string(split), std::string(name)}, *id});
    return *id;
}

std::string Store::Connection::relative(const fs::path& path) const {
    // The folder without links, as the file's own is: one path from the other then holds wherever both are moved.
    std::error_code error;
    const fs::path whole = fs::absolute(path).lexically_normal();
    const fs::path folder = fs::weakly_canonical(whole.parent_path(), error);
    return ((error ? whole.parent_path() : folder) / whole.filename())
        .lexically_relative(database.file().parent_path())
        .generic_string();
}

fs::path Store::Connection::absolute(const std::string& path) const {
    return checkpoint_file(database.file(), path);
}

void Store::Connection::forget() {
    trials.clear();
    all_series.clear();
    add_point.reset();
}

}  // namespace unroll::store
