// instr, replace and trim: what SQLite's own give.
#include "store/text_functions.h"

#include <sqlite3.h>

#include <random>

#include "scratch.h"

using namespace scratch;

namespace {

struct Connection {
    sqlite3* handle = nullptr;

    explicit Connection(bool ours) {
        sqlite3_open(":memory:", &handle);
        if (ours) store::register_text_functions(handle);
    }
    ~Connection() { sqlite3_close(handle); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    std::string ask(const std::string& sql) const {
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr);
        std::string text = sqlite3_errmsg(handle);
        if (statement && sqlite3_step(statement) == SQLITE_ROW)
            text = std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
        sqlite3_finalize(statement);
        return text;
    }
};

}  // namespace

TEST_CASE("text functions give what SQLite's own give") {
    const Connection ours(true), theirs(false);
    std::mt19937 random(1);
    const std::vector<std::string> values{
        "''",   "'a'", "'aa'", "'ab'", "'aabaab'", "'é'",  "'aéaé'", "' a '",   "x'6161'", "x'61'", "x''",
        "NULL", "12",  "1.5",  "'  '", "'日本'",   "'本'", "'b日b'", "'aaaab'", "'1'",     "x'00'", "'é日a'"};
    const auto value = [&] { return values[random() % values.size()]; };
    for (int round = 0; round < 3000; ++round) {
        const std::vector<std::string> calls{
            "instr(" + value() + ", " + value() + ")",
            "replace(" + value() + ", " + value() + ", " + value() + ")",
            "trim(" + value() + ")",
            "ltrim(" + value() + ", " + value() + ")",
            "rtrim(" + value() + ", " + value() + ")",
            "trim(" + value() + ", " + value() + ")",
        };
        const std::string& call = calls[random() % calls.size()];
        CAPTURE(call);
        const std::string sql = "SELECT typeof(" + call + ") || ' ' || quote(" + call + ")";
        REQUIRE(ours.ask(sql) == theirs.ask(sql));
    }
}
