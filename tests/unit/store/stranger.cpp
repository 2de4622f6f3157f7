// A file that somebody else has made: what its schema defines is not run by our commands.
#include "scratch.h"
#include "store/database.h"
#include "store/listing.h"
#include "store/upkeep.h"

using namespace scratch;

namespace {

/// Changes a store as any SQLite shell could.
void change(const fs::path& file, const std::string& sql) {
    sqlite3* connection = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &connection) == SQLITE_OK);
    char* message = nullptr;
    const int code = sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, &message);
    CAPTURE(sql, message);
    REQUIRE(code == SQLITE_OK);
    sqlite3_close(connection);
}

struct Fixture {
    Folder folder;
    const fs::path file = folder / "a.db";

    Fixture() {
        Store store(file, Store::Mode::write);
        plan(store, "cells", {a_trial("aaaa"), a_trial("bbbb", "gru")});
    }
    std::string opened(Store::Mode mode = Store::Mode::read) {
        return message_of([&] { Store(file, mode); });
    }
};

const std::string endless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0";

}  // namespace

TEST_CASE_METHOD(Fixture, "a view or a table that is not ours is not read under our name") {
    const std::string sql =
        GENERATE(as<std::string>(), "DROP VIEW result; CREATE VIEW result AS " + endless,
                 "DROP VIEW result; CREATE VIEW metric2 AS SELECT 1; CREATE VIEW result AS SELECT * FROM trial",
                 "DROP TABLE judgement; CREATE VIEW judgement AS " + endless, "DROP TABLE gradient",
                 "DROP TABLE judgement; CREATE VIRTUAL TABLE judgement USING fts5(trial_id, step)");
    CAPTURE(sql);
    change(file, sql);
    CHECK_THAT(opened(), contains("the tables and views that unroll makes"));
    CHECK_THAT(opened(Store::Mode::write), contains("the tables and views that unroll makes"));
    CHECK_THAT(message_of([&] {
                   Store into(folder / "into.db", Store::Mode::write);
                   Store source(file, Store::Mode::read);
               }),
               contains("the tables and views that unroll makes"));
}

TEST_CASE_METHOD(Fixture, "views, triggers, checks, columns and indexes of a stranger call nothing") {
    change(file,
           "CREATE VIEW token AS SELECT fts3_tokenizer('simple') AS t;"
           "CREATE VIEW slow AS " +
               endless +
               ";"
               "CREATE TRIGGER gone AFTER UPDATE ON trial BEGIN DELETE FROM experiment; END;"
               "CREATE TABLE more (a, b AS (hex(a)), c CHECK (c <> 'x'));"
               "INSERT INTO more (a) VALUES ('x');"
               "CREATE VIRTUAL TABLE words USING fts5(text)");
    {
        Store store(file, Store::Mode::write);
        write(
            store, [](Store& s) { s.write(attempt_start("aaaa")); }, [](Store& s) { s.write(end("aaaa")); });
        CHECK(ask(store, "SELECT count(*) FROM experiment") == "1");  // the trigger did not fire
        CHECK(ask(store, "SELECT b FROM more") == "78");
    }
    Store reader(file, Store::Mode::read);
    CHECK(store::list_experiments(reader).size() == 1);
    CHECK_THAT(message_of([&] { store::query(reader, "SELECT * FROM token"); }),
               contains("no such function: fts3_tokenizer"));
    CHECK_THAT(message_of([&] { store::query(reader, "SELECT * FROM words"); }), contains("no such module: fts5"));
    CHECK_THAT(message_of([&] { store::query(reader, "SELECT * FROM slow", {}, {std::chrono::milliseconds(50)}); }),
               contains("timed out"));
}

TEST_CASE_METHOD(Fixture, "a view that loads an extension is not run") {
    change(file, "CREATE VIEW load AS SELECT load_extension('x') AS x; CREATE VIEW told AS SELECT sqlite_log(1, 'x')");
    Store reader(file, Store::Mode::read);
    CHECK(message_of([&] { store::query(reader, "SELECT * FROM load"); }) != "no error");
    CHECK(message_of([&] { store::query(reader, "SELECT * FROM told"); }) != "no error");
}

TEST_CASE_METHOD(Fixture, "views that double themselves are given up in time") {
    std::string sql = "CREATE VIEW v0 AS SELECT 1 AS x;";
    for (int i = 1; i < 30; ++i) {
        const std::string before = "v" + std::to_string(i - 1);
        sql += "CREATE VIEW v" + std::to_string(i) + " AS SELECT a.x FROM " + before + " AS a, " + before + " AS b;";
    }
    change(file, sql);
    Store reader(file, Store::Mode::read);
    CHECK(message_of([&] { store::query(reader, "SELECT * FROM v29", {}, {std::chrono::milliseconds(200)}); }) !=
          "no error");
}
