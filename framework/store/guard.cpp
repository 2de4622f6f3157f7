// The limits under which a query text from a user or a manifest is prepared and run.
#include "store/guard.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <string_view>

#include "store/allowed.h"

namespace unroll::store {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::string name_of(int action, std::string_view first, std::string_view second) {
    if (first == "sqlite_master" || first == "sqlite_schema") return "a change of the schema";  // a DROP begins there
    switch (action) {
        case SQLITE_ATTACH:
            return "ATTACH";
        case SQLITE_DETACH:
            return "DETACH";
        case SQLITE_PRAGMA:
            return fmt::format("PRAGMA {}", first);
        case SQLITE_INSERT:
            return "INSERT";
        case SQLITE_UPDATE:
            return "UPDATE";
        case SQLITE_DELETE:
            return "DELETE";
        case SQLITE_TRANSACTION:
        case SQLITE_SAVEPOINT:
            return "a transaction";
        case SQLITE_READ:
            return fmt::format("the table {}", first);
        case SQLITE_FUNCTION:
            return fmt::format("{}()", second);
        case SQLITE_ANALYZE:
            return "ANALYZE";
        case SQLITE_REINDEX:
            return "REINDEX";
        default:
            return "a change of the schema";
    }
}

}  // namespace

Guard::Guard(sqlite3* connection, const QueryLimits& limits)
    : connection_(connection), end_(Clock::now() + limits.timeout), stop_(limits.stop), memory_(limits.memory) {
    for (const auto& [id, value] : {std::pair{SQLITE_LIMIT_LENGTH, longest_value},
                                    {SQLITE_LIMIT_SQL_LENGTH, longest_statement},
                                    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, longest_pattern},
                                    {SQLITE_LIMIT_VARIABLE_NUMBER, 1000},
                                    {SQLITE_LIMIT_WORKER_THREADS, 0},
                                    {SQLITE_LIMIT_ATTACHED, 0}})
        limits_.push_back({id, sqlite3_limit(connection, id, value)});
    used_before_ = sqlite3_memory_used();
    limit_before_ = sqlite3_hard_heap_limit64(used_before_ + std::min(memory_, memory_to_prepare));
    // Up to 3.40, SQLite takes ->> for unsafe, which the views of experiments use. The authorizer is asked for the
    // functions of views, too: its list decides.
    sqlite3_db_config(connection_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, nullptr);
    sqlite3_set_authorizer(connection_, authorize, this);
    sqlite3_progress_handler(connection_, 10'000, interrupts, this);
    watcher_ = std::thread([this] { watch(); });
}

Guard::~Guard() {
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
    }
    wake_.notify_one();
    watcher_.join();
    sqlite3_progress_handler(connection_, 0, nullptr, nullptr);
    sqlite3_set_authorizer(connection_, nullptr, nullptr);
    sqlite3_db_config(connection_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_hard_heap_limit64(limit_before_);
    for (const Limit& limit : limits_) sqlite3_limit(connection_, limit.id, limit.before);
}

void Guard::begin_to_run() {
    sqlite3_hard_heap_limit64(used_before_ + memory_);
}

bool Guard::allows(int action, const char* first, const char* second) {
    switch (action) {
        case SQLITE_SELECT:
        case SQLITE_RECURSIVE:
            return true;
        case SQLITE_READ:
            return is_allowed_table(first);
        case SQLITE_FUNCTION:
            return is_allowed_function(second);
        case SQLITE_PRAGMA:
            return is_allowed_pragma(first, second != nullptr);
        case SQLITE_UPDATE:  // asked when a table-valued function is first used; a true UPDATE is denied elsewhere
            return std::string_view(first) == "sqlite_master";
        default:
            return false;
    }
}

/// Newer versions of SQLite ask this while a statement is prepared, too; older ones then stop at the limit of memory.
int Guard::interrupts(void* guard) {
    const Guard& self = *static_cast<Guard*>(guard);
    return self.late_ || self.interrupted_ ? 1 : 0;
}

/// Asked for all that a statement uses, through views and common table expressions.
int Guard::authorize(void* guard, int action, const char* first, const char* second, const char*, const char*) {
    Guard& self = *static_cast<Guard*>(guard);
    if (self.late_ || self.interrupted_) return SQLITE_DENY;
    if (self.allows(action, first ? first : "", second)) return SQLITE_OK;
    self.denied_ = name_of(action, first ? first : "", second ? second : "");
    return SQLITE_DENY;
}

void Guard::watch() {
    std::unique_lock lock(mutex_);
    while (!over_) {
        const Clock::time_point now = Clock::now();
        if (now >= end_) late_ = true;
        if (stop_ && *stop_) interrupted_ = true;
        const bool ends = late_ || interrupted_;
        // Again and again: SQLite forgets it where one statement ends and another begins.
        if (ends) sqlite3_interrupt(connection_);
        const Clock::time_point next = ends ? now + 10ms : stop_ ? std::min(end_, now + 50ms) : end_;
        wake_.wait_until(lock, next, [&] { return over_; });
    }
}

}  // namespace unroll::store
