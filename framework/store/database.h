// A connection to SQLite and its prepared statements, with errors as Error. Nothing here knows the schema.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "store/result_table.h"
#include "store/waiting.h"
#include "unroll/error.h"

namespace unroll::store {

/// Others hold the file.
class Busy : public Error {
public:
    using Error::Error;
};

/// Throws the Error that a result code of SQLite means for this file: full disk, no permission, damaged, locked, …
[[noreturn]] void fail(const std::filesystem::path& file, int code, std::string_view message);

/// The row that a statement stands on. Columns count from 0; NULL reads as 0 or "".
class Row {
public:
    explicit Row(sqlite3_stmt* statement) : statement_(statement) {}

    bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
    std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
    double real(int column) const { return sqlite3_column_double(statement_, column); }
    std::string text(int column) const;
    std::optional<double> optional_real(int column) const;
    Value value(int column) const;  ///< a blob becomes text, X'…' in hexadecimal

private:
    sqlite3_stmt* statement_;
};

/// Bytes that are no text, as a parameter.
struct Blob {
    std::string_view bytes;
};

/// A prepared statement. Parameters are bound in order; those past the given ones are NULL.
class Statement {
public:
    /// `file` is for messages. The first statement of `sql` only.
    Statement(sqlite3* connection, std::filesystem::path file, std::string_view sql);

    /// Runs it to its end, without looking at rows.
    template <class... Parameters>
    void run(const Parameters&... parameters) {
        each([](const Row&) {}, parameters...);
    }

    /// Calls use(row) for each row.
    template <class Use, class... Parameters>
    void each(Use use, const Parameters&... parameters) {
        const Reset reset{statement_.get()};
        sqlite3_clear_bindings(statement_.get());
        replaced_.clear();
        [[maybe_unused]] int place = 0;
        (bind(++place, parameters), ...);
        while (step()) use(Row(statement_.get()));
    }

    /// The first column of the first row, if there is a row and it is not NULL.
    template <class... Parameters>
    std::optional<std::int64_t> integer(const Parameters&... parameters) {
        std::optional<std::int64_t> result;
        each(
            [&](const Row& row) {
                if (!result && !row.is_null(0)) result = row.integer(0);
            },
            parameters...);
        return result;
    }

    template <class... Parameters>
    std::optional<std::string> text(const Parameters&... parameters) {
        std::optional<std::string> result;
        each(
            [&](const Row& row) {
                if (!result && !row.is_null(0)) result = row.text(0);
            },
            parameters...);
        return result;
    }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    struct Reset {
        sqlite3_stmt* statement;
        ~Reset() { sqlite3_reset(statement); }
    };

    bool step();
    void bind(int place, std::nullptr_t) { check(sqlite3_bind_null(statement_.get(), place)); }
    void bind(int place, std::string_view text);  ///< base::readable(text): other programs read it, too
    void bind(int place, double value);           ///< NULL when it is not finite
    void bind(int place, Blob bytes);             ///< NULL when there are none
    template <class Integer>
    requires std::integral<Integer>
    void bind(int place, Integer value) {
        check(sqlite3_bind_int64(statement_.get(), place, static_cast<std::int64_t>(value)));
    }
    template <class T>
    void bind(int place, const std::optional<T>& value) {
        value ? bind(place, *value) : bind(place, nullptr);
    }
    void check(int code);

    std::filesystem::path file_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    std::deque<std::string> replaced_;  ///< bound in the place of texts that are not readable
};

/// One connection, for one thread at a time.
class Database {
public:
    enum class Access {
        read,       ///< the file as it is
        immutable,  ///< as read, without locks or journals: for folders in which nobody can write
        existing,   ///< to write, a file that is there
        write,      ///< creates the file
    };

    Database(std::filesystem::path file, Access access);

    sqlite3* handle() const { return connection_.get(); }
    const std::filesystem::path& file() const { return file_; }

    /// Runs any number of statements and ignores their rows.
    void execute(const std::string& sql);
    /// The same statement again for the same text; it lives as long as the connection. Not to be entered twice at once.
    Statement& prepared(std::string_view sql);
    /// BEGIN IMMEDIATE; waits while others write, tells so (waiting.h), and gives up with an Error only after minutes.
    void begin();
    void commit() { prepared("COMMIT").run(); }
    void rollback() noexcept;
    bool in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }
    /// Forgets prepared statements, as closing and some pragmas ask for.
    void forget_statements() { statements_.clear(); }

private:
    struct Close {
        void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
    };

    friend class Impatience;
    static int on_busy(void* wait, int rounds);

    std::filesystem::path file_;
    std::unique_ptr<Wait> wait_;  ///< SQLite's handler refers to it, wherever this object moves
    std::unique_ptr<sqlite3, Close> connection_;
    std::map<std::string, Statement, std::less<>> statements_;
};

/// As long as it lives, a lock that others hold is an error at once.
class Impatience {
public:
    explicit Impatience(Database& database);
    ~Impatience();
    Impatience(const Impatience&) = delete;
    Impatience& operator=(const Impatience&) = delete;

private:
    Database& database_;
};

/// Begins, and rolls back unless commit() is reached. Inside another transaction it does nothing.
class Transaction {
public:
    explicit Transaction(Database& database) : database_(database), open_(!database.in_transaction()) {
        if (open_) database_.begin();
    }
    ~Transaction() {
        if (open_) database_.rollback();
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit() {
        if (open_) database_.commit();
        open_ = false;
    }

private:
    Database& database_;
    bool open_;
};

/// "name" for an identifier, 'text' for a literal, with what must be doubled doubled.
std::string quoted_name(std::string_view name);
std::string quoted_text(std::string_view text);

/// Now in UTC, as 2024-05-01T12:30:00.250Z.
std::string now();

}  // namespace unroll::store
