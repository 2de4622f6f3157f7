// Read-only queries by users: nothing can be changed, no other file opened, and each ends within its time.
#include "store/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"
#include "store/database.h"
#include "store/query_help.h"
#include "unroll/error.h"
#include "unroll/utf8.h"

namespace unroll::store {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int instructions_between_checks = 10'000;
constexpr std::size_t max_result_bytes = std::size_t{2} << 30;

constexpr std::array<std::string_view, 13> informational_pragmas{
    "table_info",      "table_xinfo",      "table_list",     "index_list",    "index_info",
    "index_xinfo",     "foreign_key_list", "database_list",  "function_list", "collation_list",
    "compile_options", "quick_check",      "integrity_check"};
constexpr std::array<std::string_view, 2> informational_without_argument{"user_version", "application_id"};

/// Limits of one query, and which of them it has met.
struct Guard {
    std::string denied;     ///< the first thing that it may not do, in words
    Clock::time_point end;  ///< its deadline
    bool late = false;
};

std::string action_name(int action) {
    switch (action) {
        case SQLITE_ATTACH:
            return "ATTACH";
        case SQLITE_DETACH:
            return "DETACH";
        case SQLITE_PRAGMA:
            return "a PRAGMA that changes something";
        case SQLITE_INSERT:
            return "INSERT";
        case SQLITE_UPDATE:
            return "UPDATE";
        case SQLITE_DELETE:
            return "DELETE";
        case SQLITE_TRANSACTION:
        case SQLITE_SAVEPOINT:
            return "a transaction";
        case SQLITE_FUNCTION:
            return "load_extension";
        case SQLITE_ANALYZE:
            return "ANALYZE";
        case SQLITE_REINDEX:
            return "REINDEX";
        default:
            return "a change of the schema";
    }
}

int authorize(void* context, int action, const char* first, const char* second, const char*, const char*) {
    const std::string_view name = first ? first : "", argument = second ? second : "";
    const auto contains = [](const auto& names, std::string_view word) {
        return std::find(names.begin(), names.end(), word) != names.end();
    };
    switch (action) {
        case SQLITE_SELECT:
        case SQLITE_READ:
        case SQLITE_RECURSIVE:
            return SQLITE_OK;
        case SQLITE_FUNCTION:
            if (argument != "load_extension") return SQLITE_OK;
            break;
        case SQLITE_UPDATE:  // asked when a table-valued function is first used; a true UPDATE is denied elsewhere
            if (name == "sqlite_master") return SQLITE_OK;
            break;
        case SQLITE_PRAGMA:
            if (contains(informational_pragmas, name) ||
                (second == nullptr && contains(informational_without_argument, name)))
                return SQLITE_OK;
            break;
        default:
            break;
    }
    const bool is_schema = name == "sqlite_master";  // DROP, for one, begins by deleting there
    static_cast<Guard*>(context)->denied = is_schema ? "a change of the schema" : action_name(action);
    return SQLITE_DENY;
}

int check_deadline(void* context) {
    auto& guard = *static_cast<Guard*>(context);
    guard.late = Clock::now() >= guard.end;
    return guard.late ? 1 : 0;
}

/// Puts the guard over a connection for as long as it lives.
class Guarded {
public:
    Guarded(sqlite3* connection, Guard& guard)
        : connection_(connection), attached_(sqlite3_limit(connection, SQLITE_LIMIT_ATTACHED, 0)) {
        sqlite3_set_authorizer(connection_, authorize, &guard);
        sqlite3_progress_handler(connection_, instructions_between_checks, check_deadline, &guard);
    }
    ~Guarded() {
        sqlite3_progress_handler(connection_, 0, nullptr, nullptr);
        sqlite3_set_authorizer(connection_, nullptr, nullptr);
        sqlite3_limit(connection_, SQLITE_LIMIT_ATTACHED, attached_);
    }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

private:
    sqlite3* connection_;
    int attached_;
};

struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Prepared = std::unique_ptr<sqlite3_stmt, Finalize>;

/// "query, line 2, column 5", or "query" when the place is not known.
std::string place(std::string_view sql, int offset) {
    if (offset < 0 || static_cast<std::size_t>(offset) > sql.size()) return "query";
    const std::string_view before = sql.substr(0, static_cast<std::size_t>(offset));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto start = before.rfind('\n');
    const auto rest = before.substr(start == std::string_view::npos ? 0 : start + 1);
    return fmt::format("query, line {}, column {}", line, 1 + count_code_points(rest));
}

[[noreturn]] void refuse_change(const std::string& what) {
    throw Error({"query", fmt::format("{} is not allowed", what), "one SELECT: the result store is opened read-only",
                 "to change something, open a copy of the file with sqlite3"});
}

class Query {
public:
    Query(Database& database, std::string_view sql, std::chrono::milliseconds timeout)
        : connection_(database.handle()), file_(database.file()), sql_(sql), timeout_(timeout) {}

    Table run(const std::vector<Value>& parameters) {
        guard_.end = Clock::now() + timeout_;
        const Guarded guarded(connection_, guard_);
        return rows(prepare_and_bind(parameters).get());
    }

    void check() {
        guard_.end = Clock::now() + timeout_;
        const Guarded guarded(connection_, guard_);
        prepare_and_bind({});
    }

private:
    Prepared prepare_and_bind(const std::vector<Value>& parameters) {
        Prepared statement = prepare();
        bind(statement.get(), parameters);
        return statement;
    }

    Prepared prepare() {
        if (const auto nul = sql_.find('\0'); nul != sql_.npos)  // where SQLite would end, and never get on
            throw Error({place(sql_, static_cast<int>(nul)), "the character NUL", "a query without NUL", "remove it"});
        const char *begin = sql_.data(), *end = sql_.data() + sql_.size();
        Prepared statement = next(begin, end);
        while (!statement && begin != end) statement = next(begin, end);
        if (!statement) throw Error({"query", "an empty query", "one SELECT", "write one"});
        if (sqlite3_stmt_readonly(statement.get()) == 0) refuse_change("a statement that writes");
        while (begin != end) {
            const auto second = static_cast<int>(begin - sql_.data());
            if (next(begin, end))
                throw Error({place(sql_, second), "a second statement", "one SELECT", "run the statements one by one"});
        }
        return statement;
    }

    /// The statement that begins at `begin`, which moves behind it; null when only space and comments are left.
    Prepared next(const char*& begin, const char* end) {
        sqlite3_stmt* statement = nullptr;
        const char* tail = nullptr;
        const int code = sqlite3_prepare_v2(connection_, begin, static_cast<int>(end - begin), &statement, &tail);
        if (code != SQLITE_OK) fail_at(code, begin);
        begin = tail;
        return Prepared(statement);
    }

    void bind(sqlite3_stmt* statement, const std::vector<Value>& parameters) {
        const int count = sqlite3_bind_parameter_count(statement);
        if (count != static_cast<int>(parameters.size()))
            throw Error({"query",
                         fmt::format("{} (?), but {}", base::count_of(static_cast<std::uint64_t>(count), "parameter"),
                                     base::count_of(parameters.size(), "value")),
                         "a value for each parameter", "write the values into the query"});
        for (int i = 0; i < count; ++i) {
            const Value& value = parameters[static_cast<std::size_t>(i)];
            if (const auto* whole = std::get_if<std::int64_t>(&value)) sqlite3_bind_int64(statement, i + 1, *whole);
            if (const auto* real = std::get_if<double>(&value)) sqlite3_bind_double(statement, i + 1, *real);
            if (const auto* text = std::get_if<std::string>(&value))
                sqlite3_bind_text64(statement, i + 1, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
        }
    }

    Table rows(sqlite3_stmt* statement) {
        Table table;
        const int columns = sqlite3_column_count(statement);
        for (int column = 0; column < columns; ++column)
            table.columns.emplace_back(sqlite3_column_name(statement, column));
        std::size_t bytes = 0;
        for (;;) {
            const int code = sqlite3_step(statement);
            if (code == SQLITE_DONE) return table;
            if (code != SQLITE_ROW) fail_at(code, sql_.data());
            auto& row = table.rows.emplace_back();
            for (int column = 0; column < columns; ++column) {
                row.push_back(Row(statement).value(column));
                bytes += sizeof(Value) + static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
            }
            if (bytes > max_result_bytes)
                throw Error({"query", "more than 2 GiB of rows", "a result that fits in memory",
                             "add a LIMIT, or aggregate the rows"});
        }
    }

    [[noreturn]] void fail_at(int code, const char* begin) {
        if (guard_.late)
            throw Error({"query",
                         fmt::format("timed out after {:g} seconds", static_cast<double>(timeout_.count()) / 1000),
                         "a query that finishes in time", "simplify it, or raise the limit with --timeout SECONDS"});
        if (!guard_.denied.empty()) refuse_change(guard_.denied);
        const std::string message = sqlite3_errmsg(connection_);
        if ((code & 0xFF) != SQLITE_ERROR && (code & 0xFF) != SQLITE_MISMATCH && (code & 0xFF) != SQLITE_TOOBIG)
            fail(file_, code, message);
        const int offset = sqlite3_error_offset(connection_);
        const int at = offset < 0 ? -1 : offset + static_cast<int>(begin - sql_.data());
        throw Error({place(sql_, at), message, "a query in SQLite's dialect, with string literals in 'single quotes'",
                     help_with_query(connection_, sql_, at, message)});
    }

    sqlite3* connection_;
    const std::filesystem::path& file_;
    std::string_view sql_;
    std::chrono::milliseconds timeout_;
    Guard guard_;
};

}  // namespace

Table query(Store& store, std::string_view sql, const std::vector<Value>& parameters,
            std::chrono::milliseconds timeout) {
    return Query(store.database(), sql, timeout).run(parameters);
}

void check_query(Database& database, std::string_view sql) {
    Query(database, sql, std::chrono::seconds(60)).check();
}

}  // namespace unroll::store
