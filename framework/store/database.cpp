// A connection to SQLite and its prepared statements, with errors as Error.
#include "store/database.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "base/utf8.h"
#include "store/functions.h"
#include "store/hardening.h"
#include "store/text_functions.h"
#include "unroll/error.h"

namespace unroll::store {

namespace {

/// A run has hours to lose, and somebody who looks at a table has not.
constexpr std::chrono::seconds writer_patience{300}, reader_patience{30};

std::string uri(const std::filesystem::path& file) {
    std::string encoded;
    for (const char c : file.string())
        if (c == '%' || c == '?' || c == '#')
            encoded += fmt::format("%{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        else
            encoded += c;
    return "file:" + encoded + "?immutable=1";
}

}  // namespace

void fail(const std::filesystem::path& file, int code, std::string_view message) {
    const std::string found = fmt::format("SQLite says: {}", message);
    switch (code & 0xFF) {
        case SQLITE_NOTADB:
            throw Error({file, "not a database", "an SQLite file that unroll made",
                         "name another file with --db; this one was left as it is"});
        case SQLITE_CORRUPT:
            throw Error({file, "damaged; " + found, "a whole SQLite file",
                         "restore it from a copy, or name another file with --db"});
        case SQLITE_FULL:
            throw Error({file, "the disk is full", "space for results",
                         "free some space and run the same manifest again: it goes on from what is stored"});
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            throw Error({file, "cannot be opened or written; " + found, "a file and a folder that you may write in",
                         "change their permissions, or name another file with --db"});
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            throw Busy({file, fmt::format("{} has kept the database locked", Wait(file, {}).holder()),
                        "a database that others lock only briefly",
                        "end that program's transaction, or the program, and run the same command again"});
        case SQLITE_IOERR:
            throw Error({file, "cannot be read or written; " + found, "a disk without errors",
                         "look at the disk and run the same manifest again: it goes on from what is stored"});
        default:
            throw Error({file, found, "", ""});
    }
}

std::string Row::text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return text ? std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
}

std::optional<double> Row::optional_real(int column) const {
    return is_null(column) ? std::nullopt : std::optional(real(column));
}

Value Row::value(int column) const {
    switch (sqlite3_column_type(statement_, column)) {
        case SQLITE_NULL:
            return {};
        case SQLITE_INTEGER:
            return integer(column);
        case SQLITE_FLOAT:
            return real(column);
        case SQLITE_TEXT:
            return text(column);
        default:
            break;
    }
    const auto* bytes = static_cast<const unsigned char*>(sqlite3_column_blob(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text = "X'";
    text.reserve(2 * size + 3);
    for (std::size_t i = 0; i < size; ++i) {
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text + '\'';
}

Statement::Statement(sqlite3* connection, std::filesystem::path file, std::string_view sql) : file_(std::move(file)) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &statement, nullptr);
    statement_.reset(statement);
    if (code != SQLITE_OK) fail(file_, code, sqlite3_errmsg(connection));
}

bool Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    fail(file_, sqlite3_extended_errcode(sqlite3_db_handle(statement_.get())),
         sqlite3_errmsg(sqlite3_db_handle(statement_.get())));
}

// Bound texts are not copied: they outlive the step, and every use binds anew.
void Statement::bind(int place, std::string_view text) {
    if (!base::is_readable(text)) text = replaced_.emplace_back(base::readable(text));
    check(sqlite3_bind_text64(statement_.get(), place, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                              SQLITE_UTF8));
}

void Statement::bind(int place, Blob blob) {
    if (blob.bytes.empty()) return bind(place, nullptr);
    check(sqlite3_bind_blob64(statement_.get(), place, blob.bytes.data(), blob.bytes.size(), SQLITE_STATIC));
}

void Statement::bind(int place, double value) {
    if (!std::isfinite(value)) return bind(place, nullptr);
    check(sqlite3_bind_double(statement_.get(), place, value));
}

void Statement::check(int code) {
    if (code != SQLITE_OK) fail(file_, code, sqlite3_errmsg(sqlite3_db_handle(statement_.get())));
}

Database::Database(std::filesystem::path file, Access access) : file_(std::move(file)) {
    const bool writes = access == Access::write || access == Access::existing;
    const int flags = SQLITE_OPEN_NOMUTEX | (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                      (access == Access::write ? SQLITE_OPEN_CREATE : 0);
    sqlite3* connection = nullptr;
    const int code = access == Access::immutable
                         ? sqlite3_open_v2(uri(file_).c_str(), &connection, flags | SQLITE_OPEN_URI, nullptr)
                         : sqlite3_open_v2(file_.c_str(), &connection, flags, nullptr);
    connection_.reset(connection);
    if (code != SQLITE_OK) fail(file_, code, connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code));
    sqlite3_extended_result_codes(connection, 1);
    wait_ = std::make_unique<Wait>(file_, writes ? writer_patience : reader_patience);
    sqlite3_busy_handler(connection, &Database::on_busy, wait_.get());
    harden(connection);
    register_functions(connection);
    register_text_functions(connection);
    // SQLite opens a file that cannot be written for reading, without a word.
    if (writes && sqlite3_db_readonly(connection, "main") == 1)
        fail(file_, SQLITE_READONLY, "attempt to write a readonly database");
}

void Database::execute(const std::string& sql) {
    const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(file_, sqlite3_extended_errcode(connection_.get()), sqlite3_errmsg(connection_.get()));
}

Statement& Database::prepared(std::string_view sql) {
    const auto found = statements_.find(sql);
    if (found != statements_.end()) return found->second;
    return statements_.emplace(sql, Statement(connection_.get(), file_, sql)).first->second;
}

int Database::on_busy(void* wait, int rounds) {
    auto& own = *static_cast<Wait*>(wait);
    if (rounds == 0) own.begin();
    return own.go_on() ? 1 : 0;
}

Impatience::Impatience(Database& database) : database_(database) {
    sqlite3_busy_handler(database.handle(), nullptr, nullptr);
}

Impatience::~Impatience() {
    sqlite3_busy_handler(database_.handle(), &Database::on_busy, database_.wait_.get());
}

void Database::begin() {
    // SQLite says busy at once, without asking its handler, where waiting for one lock while holding another could last
    // for ever.
    const Impatience own_waits(*this);
    for (wait_->begin();;) {
        const int code = sqlite3_exec(connection_.get(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
        if (code == SQLITE_OK) return;
        if ((code & 0xFF) != SQLITE_BUSY || !wait_->go_on())
            fail(file_, sqlite3_extended_errcode(connection_.get()), sqlite3_errmsg(connection_.get()));
    }
}

void Database::rollback() noexcept {
    if (in_transaction()) sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

std::string quoted_name(std::string_view name) {
    std::string result = "\"";
    for (const char c : name) result += c == '"' ? "\"\"" : std::string(1, c);
    return result + '"';
}

std::string quoted_text(std::string_view text) {
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? "''" : std::string(1, c);
    return result + '\'';
}

std::string now() {
    const auto time = std::chrono::system_clock::now();
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count() % 1000;
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)),
                       milliseconds);
}

}  // namespace unroll::store
