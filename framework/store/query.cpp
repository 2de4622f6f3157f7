// Read-only queries by users: nothing can be changed, no other file opened, and each ends within its time.
#include "store/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/interrupted.h"
#include "base/text.h"
#include "store/database.h"
#include "store/query_help.h"
#include "unroll/error.h"
#include "unroll/utf8.h"

namespace unroll::store {

namespace {

constexpr std::size_t max_result_bytes = std::size_t{256} << 20;

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

[[noreturn]] void refuse(const std::string& what) {
    throw Error({"query", fmt::format("{} is not allowed", what), "one SELECT: the result store is opened read-only",
                 "to change something, open a copy of the file with sqlite3"});
}

[[noreturn]] void refuse_function(const std::string& what) {
    throw Error({"query", fmt::format("{} is not allowed", what),
                 "SQLite's functions of numbers, texts, dates and JSON, median or stddev: the result store is opened "
                 "read-only",
                 "they are listed in results/README.md; for any other, open a copy of the file with sqlite3"});
}

std::string in_mebibytes(long long bytes) {
    return bytes % (1LL << 30) == 0 ? fmt::format("{} GiB", bytes >> 30) : fmt::format("{} MiB", bytes >> 20);
}

class Query {
public:
    Query(Database& database, std::string_view sql, const QueryLimits& limits)
        : connection_(database.handle()),
          file_(database.file()),
          sql_(sql),
          timeout_(limits.timeout),
          memory_(limits.memory),
          most_rows_(limits.rows),
          guard_(connection_, limits) {}

    Table run(const std::vector<Value>& parameters) {
        const Prepared statement = prepare_and_bind(parameters);
        guard_.begin_to_run();
        is_running_ = true;
        return rows(statement.get());
    }
    void check() { prepare_and_bind({}); }

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
        if (sqlite3_stmt_readonly(statement.get()) == 0) refuse("a statement that writes");
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
            if (most_rows_ > 0 && table.rows.size() == most_rows_) return table;
            auto& row = table.rows.emplace_back();
            for (int column = 0; column < columns; ++column) {
                const Value& value = row.emplace_back(Row(statement).value(column));
                const auto* text = std::get_if<std::string>(&value);
                bytes += sizeof(Value) + (text ? text->size() : 0);
            }
            if (bytes > max_result_bytes)
                throw Error({"query", fmt::format("more than {} of rows", in_mebibytes(max_result_bytes)),
                             "a result that fits in memory", "add a LIMIT, or aggregate the rows"});
        }
    }

    [[noreturn]] void fail_at(int code, const char* begin) {
        if (guard_.is_interrupted()) throw base::Interrupted();
        if (guard_.is_late())
            throw Error({"query",
                         fmt::format("timed out after {:g} seconds", static_cast<double>(timeout_.count()) / 1000),
                         "a query that finishes in time", "simplify it, or raise the limit with --timeout SECONDS"});
        if (!guard_.denied().empty())
            guard_.denied_function() ? refuse_function(guard_.denied()) : refuse(guard_.denied());
        const std::string message = sqlite3_errmsg(connection_);
        switch (code & 0xFF) {
            case SQLITE_NOMEM:
                throw Error(
                    {"query",
                     fmt::format("needs more than {} of memory",
                                 in_mebibytes(is_running_ ? memory_ : std::min(memory_, Guard::memory_to_prepare))),
                     "a query that fits in memory", "add a LIMIT or a WHERE, or aggregate fewer rows at once"});
            case SQLITE_TOOBIG:
                throw Error({"query", fmt::format("a text or blob of more than {}", in_mebibytes(Guard::longest_value)),
                             fmt::format("values of up to {}, in a statement of up to {}",
                                         in_mebibytes(Guard::longest_value), in_mebibytes(Guard::longest_statement)),
                             "make it shorter, with substr for one"});
            case SQLITE_ERROR:
            case SQLITE_MISMATCH:
                fail_in_statement(begin, message);
            default:
                fail(file_, code, message);
        }
    }

    [[noreturn]] void fail_in_statement(const char* begin, const std::string& message) {
        if (message.find("pattern too complex") != message.npos)
            throw Error({"query", fmt::format("a pattern of more than {} bytes", Guard::longest_pattern),
                         "a shorter pattern for LIKE or GLOB",
                         "to look for a longer text, write instr(text, 'TEXT') > 0"});
        const int offset = sqlite3_error_offset(connection_);
        const int at = offset < 0 ? -1 : offset + static_cast<int>(begin - sql_.data());
        throw Error({place(sql_, at), message, "a query in SQLite's dialect, with string literals in 'single quotes'",
                     help_with_query(connection_, sql_, at, message)});
    }

    sqlite3* connection_;
    const std::filesystem::path& file_;
    std::string_view sql_;
    std::chrono::milliseconds timeout_;
    long long memory_;
    std::size_t most_rows_;
    bool is_running_ = false;
    Guard guard_;
};

}  // namespace

Table query(Store& store, std::string_view sql, const std::vector<Value>& parameters, const QueryLimits& limits) {
    return Query(store.database(), sql, limits).run(parameters);
}

void check_query(Database& database, std::string_view sql) {
    Query(database, sql, {}).check();
}

}  // namespace unroll::store
