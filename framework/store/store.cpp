// The result store: opening, closing, and what all of it needs.
#include "store/store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "store/connection.h"
#include "store/schema.h"
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

Database open_for_reading(const fs::path& file) {
    std::error_code ignored;
    if (!fs::exists(file, ignored))
        throw Error({file, "no such file", "a result store", "run a manifest first, or name another file with --db"});
    const auto open = [&](Database::Access access) {
        Database database(file, access);
        check_version(database);
        return database;
    };
    fs::path wal = file;
    wal += "-wal";
    try {
        return open(Database::Access::read);
    } catch (const Error&) {
        // In a folder in which nobody can write, a file in WAL mode opens only as immutable. Its WAL would go unread.
        if (::access(file.parent_path().c_str(), W_OK) == 0) throw;
        if (fs::exists(wal, ignored) && fs::file_size(wal, ignored) > 0)
            throw Error(
                {file, "an interrupted run left results in its -wal file, which cannot be merged in a read-only folder",
                 "a folder that you may write in", "copy both files to one and read them there"});
    }
    return open(Database::Access::immutable);
}

Database open_for_writing(const fs::path& file) {
    make_folder(file);
    Database database(file, Database::Access::write);
    migrate(database);
    return database;
}

/// True when the journal is in this mode now; false when others hold the file.
bool switch_journal(Database& database, const std::string& mode, std::chrono::milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
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
        if (std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

}  // namespace

Store::Store(const fs::path& file, Mode mode) {
    const fs::path absolute = fs::absolute(file).lexically_normal();
    connection_ =
        std::make_unique<Connection>(mode == Mode::read ? open_for_reading(absolute) : open_for_writing(absolute));
    if (mode == Mode::read) return;
    connection_->for_runs = true;
    // Readers and the writer do not wait for each other then. Losing power may cost the last moments, never the file.
    Database& database = connection_->database;
    if (!switch_journal(database, "wal", std::chrono::minutes(5))) fail(absolute, SQLITE_BUSY, "database is locked");
    database.execute(
        "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
        "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000");
}

Store::~Store() {
    if (!connection_ || sqlite3_db_readonly(connection_->database.handle(), "main") == 1) return;
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
    const auto connection = std::move(connection_);
    Database& database = connection->database;
    database.rollback();
    connection->forget();
    database.forget_statements();
    sqlite3_busy_timeout(database.handle(), 100);
    sqlite3_exec(database.handle(), "PRAGMA optimize", nullptr, nullptr, nullptr);
    sqlite3_wal_checkpoint_v2(database.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    return switch_journal(database, "delete", std::chrono::seconds(2));
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
    return fs::absolute(path).lexically_normal().lexically_relative(database.file().parent_path()).generic_string();
}

fs::path Store::Connection::absolute(const std::string& path) const {
    return checkpoint_file(database.file(), path);
}

void Store::Connection::forget() {
    trials.clear();
    all_series.clear();
    add_point.reset();
}

fs::path checkpoint_file(const fs::path& database, const std::string& stored) {
    const fs::path base = fs::absolute(database).lexically_normal(), named = base.parent_path() / stored;
    std::error_code ignored;
    if (fs::exists(named, ignored)) return named.lexically_normal();
    const fs::path moved =
        checkpoint_folder(base, fs::path(stored).parent_path().filename().string()) / fs::path(stored).filename();
    return fs::exists(moved, ignored) ? moved : named.lexically_normal();
}

fs::path checkpoint_folder(const fs::path& database, const std::string& fingerprint) {
    fs::path folder = fs::absolute(database).lexically_normal();
    folder += ".d";
    return folder / fingerprint;
}

}  // namespace unroll::store
