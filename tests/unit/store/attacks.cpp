// Queries that want more than to read: native code, files, memory, time. Each is refused, and soon.
#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>

#include "base/interrupted.h"
#include "scratch.h"
#include "store/database.h"

using namespace scratch;
using namespace std::chrono_literals;

namespace {

using Fixture = Queried;

/// 1, 2, 3 … without end.
const std::string endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) ";

}  // namespace

TEST_CASE_METHOD(Fixture, "a query reaches no native code, no file and nothing of the connection") {
    const std::string attack = GENERATE(
        as<std::string>(), "SELECT fts3_tokenizer('simple')", "SELECT fts3_tokenizer('a', x'4141414141414141')",
        "SELECT FTS3_TOKENIZER('simple')", "SELECT hex(fts3_tokenizer('simple')) FROM trial",
        "WITH a AS (SELECT fts3_tokenizer('simple') AS b) SELECT b FROM a",
        "SELECT * FROM trial WHERE fts3_tokenizer('simple') IS NULL", "SELECT load_extension('x')",
        "SELECT load_extension('x', 'y')", "SELECT sqlite_log(1, 'x')", "SELECT readfile('/etc/passwd')",
        "SELECT writefile('x', 'y')", "SELECT edit('x')", "SELECT fts5(1)", "SELECT fts5_source_id()",
        "SELECT rtreenode(2, x'00')", "SELECT rtreecheck('trial')", "SELECT snippet(1)", "SELECT offsets(1)",
        "SELECT matchinfo(1)", "SELECT optimize(1)", "SELECT bm25(1)", "SELECT highlight(1)",
        "SELECT id FROM trial WHERE cell MATCH 'lstm'", "SELECT sqlite_compileoption_get(1)", "SELECT changes()",
        "SELECT last_insert_rowid()", "SELECT subtype('x')", "SELECT sqlite_source_id()", "SELECT * FROM dbstat",
        "SELECT * FROM sqlite_stmt", "SELECT * FROM sqlite_dbpage", "SELECT * FROM fts3tokenize('simple', 'a')",
        "SELECT * FROM fts4aux", "SELECT * FROM fts5vocab", "SELECT * FROM generate_series(1, 2)",
        "SELECT * FROM pragma_journal_mode", "SELECT * FROM Pragma_Journal_Mode", "SELECT * FROM pragma_module_list",
        "SELECT * FROM pragma_temp_store_directory('x')", "SELECT * FROM pragma_hard_heap_limit(1)",
        "PRAGMA temp_store_directory = 'x'", "PRAGMA hard_heap_limit = 1", "PRAGMA cache_size = 1000000000",
        "PRAGMA mmap_size = 1000000000", "PRAGMA threads = 8", "PRAGMA trusted_schema = ON",
        "PRAGMA writable_schema = ON", "PRAGMA query_only = OFF", "PRAGMA optimize", "PRAGMA wal_checkpoint",
        "PRAGMA user_version(3)", "ATTACH 'other.db' AS other", "CREATE VIRTUAL TABLE temp.a USING fts5(b)",
        "CREATE TEMP TABLE a AS SELECT 1", "VACUUM INTO 'copy.db'",
        "EXPLAIN DELETE FROM trial RETURNING fts3_tokenizer('simple')");
    CAPTURE(attack);
    const auto files = files_in(folder.path());
    const std::string message = refused(attack);
    CAPTURE(message);
    const bool told = message.find("opened read-only") != std::string::npos ||
                      message.find("no such function") != std::string::npos ||
                      message.find("no such table") != std::string::npos ||
                      message.find("no such module") != std::string::npos ||
                      message.find("unable to use function MATCH") != std::string::npos;
    CHECK(told);
    CHECK(ask(reader, "SELECT count(*) FROM trial") == "2");
    CHECK(files_in(folder.path()) == files);
    CHECK_FALSE(fs::exists("copy.db"));
}

TEST_CASE_METHOD(Fixture, "what analyses need is on the list") {
    for (const char* sql : {"SELECT round(sqrt(2), 3)",
                            "SELECT pow(2, 3) + ln(exp(1)) + mod(7, 2)",
                            "SELECT upper('a') || char(98)",
                            "SELECT strftime('%Y', '2024-05-01')",
                            "SELECT julianday('2024-05-01') - julianday('2024-04-01')",
                            "SELECT config ->> '$.seed', json_extract(config, '$.cell.plugin') FROM trial",
                            "SELECT key FROM trial, json_each(config)",
                            "SELECT fullkey FROM trial, json_tree(config)",
                            "SELECT group_concat(cell, ', '), median(id), stddev(id), total(id) FROM trial",
                            "SELECT json_group_array(cell) FROM trial",
                            "SELECT lag(id) OVER (ORDER BY id), ntile(2) OVER () FROM trial",
                            "SELECT printf('%.3f', 1.5), format('%d', 2)",
                            "SELECT cell LIKE 'l%', cell GLOB 'g*' FROM trial",
                            "SELECT iif(id > 1, 'a', 'b'), coalesce(NULL, 1), typeof(id) FROM trial",
                            "SELECT name FROM pragma_table_xinfo('trial')",
                            "PRAGMA table_list",
                            "PRAGMA user_version",
                            "SELECT sql FROM sqlite_schema",
                            "EXPLAIN SELECT 1",
                            "SELECT random(), CURRENT_TIMESTAMP"}) {
        CAPTURE(sql);
        CHECK(refused(sql) == "no error");
    }
}

TEST_CASE_METHOD(Fixture, "a query ends in its time, whatever one step of it costs") {
    const std::string attack =
        GENERATE(as<std::string>(), "SELECT instr(zeroblob(8000000), zeroblob(4000000) || x'01')",
                 "SELECT length(replace(hex(zeroblob(3000000)), hex(zeroblob(1500000)) || '1', 'x'))",
                 "SELECT length(trim(hex(zeroblob(3000000)), hex(randomblob(3000000))))",
                 "SELECT count(*) FROM trial WHERE replace(hex(zeroblob(1000000)), '0', 'b') LIKE "
                 "'%' || replace(hex(zeroblob(90)), '0', 'b') || 'c'");
    CAPTURE(attack);
    const std::clock_t begin = std::clock();
    refused(attack, 100ms);
    CHECK(std::clock() - begin < 10 * CLOCKS_PER_SEC);
}

TEST_CASE_METHOD(Fixture, "a query that does not end is ended, however it goes about it") {
    const std::string attack = GENERATE_COPY(
        as<std::string>(), endless + "SELECT max(i) FROM n", endless + "SELECT count(hex(zeroblob(1000000))) FROM n",
        endless + "SELECT group_concat(hex(zeroblob(500000))) FROM n",
        "SELECT count(*) FROM trial a, trial b, trial c, trial d, trial e, trial f, trial g, trial h, trial i, trial j,"
        " trial k, trial l, trial m, trial n, trial o, trial p, trial q, trial r, trial s, trial t, trial u, trial v,"
        " trial w, trial x, trial y, trial z, trial a2, trial b2, trial c2, trial d2, trial e2, trial f2, trial g2");
    CAPTURE(attack);
    CHECK_THAT(refused(attack, 200ms), contains("timed out after 0.2 seconds"));
    CHECK(ask(reader, "SELECT 1") == "1");
}

TEST_CASE_METHOD(Fixture, "a statement that doubles itself is given up before it is prepared") {
    std::string sql = "WITH t0 AS (SELECT 1 AS x)";
    for (int i = 1; i < 30; ++i) {
        const std::string before = "t" + std::to_string(i - 1);
        sql += ", t" + std::to_string(i) + " AS (SELECT a.x FROM " + before + " AS a, " + before + " AS b)";
    }
    const std::clock_t begin = std::clock();
    CHECK(refused(sql + " SELECT count(*) FROM t29", 10min) != "no error");
    CHECK(std::clock() - begin < 20 * CLOCKS_PER_SEC);
}

TEST_CASE_METHOD(Fixture, "a query's memory is limited: values, rows, sorting, aggregates, statements") {
    const auto within = [&](const std::string& sql) {
        return message_of([&] { store::query(reader, sql, {}, {10min, 50 << 20}); });
    };
    CHECK_THAT(refused("SELECT zeroblob(1000000000)"), contains("a text or blob of more than 8 MiB"));
    CHECK_THAT(refused("SELECT replace(hex(zeroblob(3000000)), '0', '0000')"), contains("more than 8 MiB"));
    CHECK_THAT(within(endless + "SELECT group_concat(x) FROM (SELECT hex(zeroblob(500000)) AS x FROM n LIMIT 20)"),
               contains("more than 8 MiB"));
    CHECK_THAT(within(endless + "SELECT hex(zeroblob(2000000)) FROM n"), contains("more than 256 MiB of rows"));
    CHECK_THAT(within(endless + "SELECT randomblob(1000000) AS x FROM n ORDER BY x LIMIT 1 OFFSET 1000000"),
               contains("needs more than 50 MiB of memory"));
    CHECK_THAT(message_of([&] {
                   store::query(reader, endless + "SELECT median(i) FROM n", {}, {10min, 5 << 20});
               }),
               contains("needs more than 5 MiB of memory"));
    CHECK_THAT(refused("SELECT '" + std::string(2'000'000, 'x') + "'"), contains("a text or blob of more than 8 MiB"));
    CHECK_THAT(refused("SELECT 'x' LIKE '" + std::string(300, '%') + "'"), contains("instr(text, 'TEXT') > 0"));
    CHECK(ask(reader, "SELECT length(zeroblob(8000000))") == "8000000");
}

TEST_CASE_METHOD(Fixture, "a query is interrupted at once by who may") {
    std::atomic<bool> stop = false;
    std::thread signal([&] {
        std::this_thread::sleep_for(100ms);
        stop = true;
    });
    CHECK_THROWS_AS(store::query(reader, endless + "SELECT max(i) FROM n", {}, {10min, 1 << 30, &stop}),
                    base::Interrupted);
    signal.join();
    CHECK(ask(reader, "SELECT 1") == "1");
}
