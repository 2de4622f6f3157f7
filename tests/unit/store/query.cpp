// Read-only queries: what they give, and what they refuse.
#include "store/query.h"

#include "scratch.h"
#include "store/database.h"
#include "store/schema.h"

using namespace scratch;

namespace {

using Fixture = Queried;

}  // namespace

TEST_CASE_METHOD(Fixture, "cells of a result have types") {
    const auto table = store::query(reader, "SELECT 1 AS a, 1.5 AS b, 'x' AS c, NULL AS d, X'00ff' AS e;  -- the end");
    CHECK(table.columns == std::vector<std::string>{"a", "b", "c", "d", "e"});
    REQUIRE(table.rows.size() == 1);
    CHECK(table.rows[0] ==
          std::vector<store::Value>{std::int64_t{1}, 1.5, std::string("x"), {}, std::string("X'00FF'")});
    CHECK(store::query(reader, "SELECT ? + ?, ?", {std::int64_t{2}, 0.5, std::string("y")}).rows[0] ==
          std::vector<store::Value>{2.5, std::string("y")});
}

TEST_CASE_METHOD(Fixture, "median and stddev") {
    const auto of = [&](const std::string& values) {
        return ask(reader, "SELECT median(column1), stddev(column1) FROM (VALUES " + values + ")");
    };
    CHECK(of("(3), (1), (2)") == "2 1");
    CHECK(of("(4), (1), (2), (3)") == "2.5 1.29099");
    CHECK(of("(7), (NULL)") == "7 -");
    CHECK(of("(NULL)") == "- -");
    CHECK(ask(reader, "SELECT median(column1) FROM (VALUES (1)) WHERE 0") == "-");
    CHECK(ask(reader, "SELECT column1, median(column2) FROM (VALUES ('a', 1), ('b', 5), ('a', 2)) GROUP BY 1") ==
          "a 1.5|b 5");
    CHECK_THAT(refused("SELECT median('x')"), contains("median and stddev take numbers"));
    CHECK_THAT(refused("SELECT stddev(cell) FROM trial"), contains("median and stddev take numbers"));
}

TEST_CASE_METHOD(Fixture, "everything that only tells is allowed") {
    CHECK(ask(reader, "SELECT count(*) FROM json_each('[1, 2]')") == "2");
    CHECK(ask(reader,
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i) FROM n") ==
          "15");
    CHECK_THAT(ask(reader, "PRAGMA table_info(trial)"), contains("fingerprint TEXT"));
    CHECK_THAT(ask(reader, "SELECT name FROM pragma_table_info('trial')"), contains("fingerprint"));
    CHECK(ask(reader, "SELECT row_number() OVER (ORDER BY id) FROM trial") == "1|2");
    CHECK(ask(reader, "-- a remark\n;; SELECT 1") == "1");
    CHECK_THAT(ask(reader, "EXPLAIN QUERY PLAN SELECT * FROM trial"), contains("SCAN trial"));
}

TEST_CASE_METHOD(Fixture, "what a statement may not do is named") {
    CHECK_THAT(refused("DELETE FROM trial"), Catch::Contains("DELETE is not allowed"));
    CHECK_THAT(refused("DROP TABLE trial"), Catch::Contains("a change of the schema is not allowed"));
}

TEST_CASE_METHOD(Fixture, "nothing is changed, and nothing else is opened") {
    const auto statement =
        GENERATE("DELETE FROM trial", "UPDATE trial SET status = 'finished'",
                 "INSERT INTO series (split, name) VALUES ('a', 'b')", "CREATE TABLE a (b)", "CREATE TEMP TABLE a (b)",
                 "CREATE TEMP VIEW a AS SELECT 1", "DROP VIEW cells", "ALTER TABLE trial ADD COLUMN x",
                 "ATTACH ':memory:' AS other", "DETACH main", "VACUUM", "VACUUM INTO 'copy.db'",
                 "PRAGMA journal_mode = WAL", "PRAGMA user_version = 7", "PRAGMA writable_schema = ON", "BEGIN",
                 "SAVEPOINT a", "REINDEX", "ANALYZE", "UPDATE sqlite_master SET sql = ''", "SELECT load_extension('x')",
                 "WITH a AS (SELECT 1) DELETE FROM trial", "DELETE FROM trial RETURNING id");
    CAPTURE(statement);
    const auto message = refused(statement);
    const bool told = message.find("opened read-only") != std::string::npos ||
                      message.find("may not be modified") != std::string::npos ||
                      message.find("no such function: load_extension") != std::string::npos;
    CAPTURE(message);
    CHECK(told);
    // Not even on a connection that could.
    Store writer(folder / "a.db", Store::Mode::write);
    CHECK(message_of([&] { store::query(writer, statement); }) != "no error");
    CHECK(ask(writer, "SELECT count(*) FROM trial WHERE status = 'queued'") == "2");
    CHECK(ask(writer, "PRAGMA user_version") == std::to_string(store::migration_steps().size()));
    CHECK_FALSE(fs::exists("copy.db"));
}

TEST_CASE_METHOD(Fixture, "a refusal names what was asked") {
    CHECK_THAT(refused("DELETE FROM trial"), contains("query: DELETE is not allowed"));
    CHECK_THAT(refused("ATTACH 'x' AS y"), contains("query: ATTACH is not allowed"));
    CHECK_THAT(refused("DELETE FROM trial"), contains("one SELECT: the result store is opened read-only"));
}

TEST_CASE_METHOD(Fixture, "one statement, and only one") {
    CHECK_THAT(refused("SELECT 1;\nSELECT 2"), contains("query, line 1, column 10: a second statement"));
    CHECK_THAT(refused("SELECT 1; DELETE FROM trial"), contains("opened read-only"));
    CHECK_THAT(refused(""), contains("query: an empty query"));
    CHECK_THAT(refused(" -- nothing\n;"), contains("query: an empty query"));
    CHECK_THAT(refused("SELECT ?"), contains("1 parameter (?), but 0 values"));
}

TEST_CASE_METHOD(Fixture, "an error says where in the statement") {
    CHECK_THAT(refused("SELECT id\nFROM trail"), contains("no such table: trail"));
    CHECK_THAT(refused("SELECT é,\n  sead FROM trial"), contains("query, line 1, column 8: no such column: é"));
    CHECK_THAT(refused("SELECT id,\n  sead FROM trial"), contains("query, line 2, column 3: no such column: sead"));
    CHECK_THAT(refused("SELECT id\nFORM trial"), contains("query, line 2, column"));
    CHECK_THAT(refused("SELECT val_loss FROM trial"), contains("did you mean \"validation_loss\"?"));
    CHECK_THAT(refused("SELECT seed FROM membership"), contains("it is a column of "));
    CHECK_THAT(refused("SELECT hidden_size FROM trial"), contains("did you mean \"hidden\"?"));
    CHECK_THAT(refused("SELECT lr FROM trial"), contains("did you mean \"learning_rate\"?"));
    CHECK_THAT(refused("SELECT id FROM trial WHERE cell = \"lstm\""), contains("no such column: lstm"));
    CHECK_THAT(refused("SELECT id FROM trial WHERE cell = \"lstm\""), contains("'single quotes'"));
}

TEST_CASE_METHOD(Fixture, "names and texts that need quotes are told with them") {
    CHECK_THAT(refused("SELECT id FROM result WHERE experiment = nietzsche-keras"),
               contains("help: write 'nietzsche-keras' in single quotes: without them it is a subtraction; tables"));
    CHECK_THAT(refused("SELECT id FROM result WHERE cell IN (self-attention)"), contains("write 'self-attention' in"));
    CHECK_THAT(refused("SELECT * FROM cells-on-shakespeare"),
               contains("help: write \"cells-on-shakespeare\" in double quotes, a name with a hyphen"));
    CHECK_THAT(refused("SELECT * FROM trial JOIN my-cells"), contains("write \"my-cells\" in double quotes"));
    CHECK_THAT(refused("SELECT id FROM trial WHERE cell = gru"), contains("for the text gru, write 'gru' in single"));
    CHECK_THAT(refused("SELECT id FROM trial WHERE cell = \"gru\""), contains("write 'gru' in single quotes"));
    CHECK_THAT(refused("SELECT id FROM trial WHERE sead = 1"), contains("help: did you mean \"seed\"? tables"));
    CHECK_THAT(refused("SELECT steps-done FROM trial"), contains("help: tables, columns and examples"));
}

TEST_CASE_METHOD(Fixture, "a query that does not end is ended") {
    const auto message = refused("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
                                 std::chrono::milliseconds(50));
    CHECK_THAT(message, contains("query: timed out after 0.05 seconds"));
    CHECK_THAT(message, contains("--timeout SECONDS"));
    CHECK(ask(reader, "SELECT 1") == "1");
}
