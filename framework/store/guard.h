// The limits under which a query text from a user or a manifest is prepared and run.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

struct sqlite3;

namespace unroll::store {

struct QueryLimits {
    std::chrono::milliseconds timeout = std::chrono::seconds(60);  ///< for preparing, running and reading the rows
    long long memory = 1LL << 30;             ///< bytes of SQLite's, beyond what is in use when it begins
    const std::atomic<bool>* stop = nullptr;  ///< ends the query when it becomes true; null: nobody asks for that
    std::size_t rows = 0;                     ///< it ends after so many; 0: there is no such limit
};

/// Lies over a connection for as long as it lives: what is prepared there meanwhile may only read, with functions and
/// pragmas of a list (allowed.h), and no value, pattern or statement of it is longer than some megabytes. Its own
/// thread interrupts the connection when time is over or somebody asks for it. SQLite's memory is limited, that of the
/// whole process: no other connection should be at work.
class Guard {
public:
    static constexpr int longest_value = 8 << 20;               ///< bytes of a text or blob, stored or computed
    static constexpr int longest_pattern = 200;                 ///< bytes of a LIKE: its time is pattern times text
    static constexpr int longest_statement = 1 << 20;           ///< bytes
    static constexpr long long memory_to_prepare = 64LL << 20;  ///< bytes: views and tables that double themselves

    Guard(sqlite3* connection, const QueryLimits& limits);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    /// The statement is prepared: from here on it has the memory of its limits.
    void begin_to_run();

    /// What the statement wanted and may not, as "DELETE" or "load_extension()"; "" for none.
    const std::string& denied() const { return denied_; }
    bool denied_function() const { return denied_.ends_with("()"); }
    bool is_late() const { return late_; }
    bool is_interrupted() const { return interrupted_; }

private:
    static int authorize(void* guard, int action, const char* first, const char* second, const char*, const char*);
    bool allows(int action, const char* first, const char* second);
    static int interrupts(void* guard);
    void watch();

    struct Limit {
        int id, before;
    };

    sqlite3* const connection_;
    const std::chrono::steady_clock::time_point end_;
    const std::atomic<bool>* const stop_;
    const long long memory_;
    std::vector<Limit> limits_;
    long long used_before_ = 0, limit_before_ = 0;
    std::string denied_;
    std::atomic<bool> late_ = false, interrupted_ = false;

    std::mutex mutex_;
    std::condition_variable wake_;
    bool over_ = false;
    std::thread watcher_;  ///< last: it sees all the others made
};

}  // namespace unroll::store
