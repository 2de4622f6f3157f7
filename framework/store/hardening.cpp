// What of SQLite a connection of ours does without.
#include "store/hardening.h"

#include <sqlite3.h>

#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace unroll::store {

namespace {

constexpr int longest_value = 128 << 20;

struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

struct Function {
    std::string name;
    int arguments;
};

/// The functions of a new connection that are not SQLite's own.
std::vector<Function> list_added_functions() {
    sqlite3* opened = nullptr;
    if (sqlite3_open(":memory:", &opened) != SQLITE_OK) throw std::bad_alloc();
    const std::unique_ptr<sqlite3, Close> connection(opened);
    sqlite3_stmt* prepared = nullptr;
    sqlite3_prepare_v2(opened, "SELECT name, narg FROM pragma_function_list WHERE NOT builtin", -1, &prepared, nullptr);
    const std::unique_ptr<sqlite3_stmt, Close> listing(prepared);
    std::vector<Function> functions;
    while (listing && sqlite3_step(listing.get()) == SQLITE_ROW)
        functions.push_back({reinterpret_cast<const char*>(sqlite3_column_text(listing.get(), 0)),
                             sqlite3_column_int(listing.get(), 1)});
    return functions;
}

}  // namespace

void harden(sqlite3* connection) {
    for (const auto& [option, value] : {std::pair{SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
                                        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
                                        {SQLITE_DBCONFIG_DEFENSIVE, 1},
                                        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                                        {SQLITE_DBCONFIG_DQS_DML, 0},
                                        {SQLITE_DBCONFIG_DQS_DDL, 0}})
        sqlite3_db_config(connection, option, value, nullptr);
    sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, longest_value);
    // Functions first: some of them look into what their module owns.
    static const std::vector<Function> added = list_added_functions();
    for (const auto& [name, arguments] : added)
        sqlite3_create_function_v2(connection, name.c_str(), arguments, SQLITE_UTF8, nullptr, nullptr, nullptr, nullptr,
                                   nullptr);
    const char* kept[] = {"json_each", "json_tree", nullptr};
    sqlite3_drop_modules(connection, kept);
    sqlite3_exec(connection, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY", nullptr,
                 nullptr, nullptr);
}

}  // namespace unroll::store
