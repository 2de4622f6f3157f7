// Texts that are not UTF-8, from models of bytes and from plugins: every reader of the store reads them.
#include <sqlite3.h>

#include "base/utf8.h"
#include "scratch.h"
#include "store/database.h"
#include "store/schema.h"
#include "store/trial_results.h"

using namespace scratch;

namespace {

const std::string bytes("caf\xC3 \xFF\0end", 10);
const std::string shown =
    "caf\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD"
    "end";

/// Whether every text of the file is UTF-8 without NUL, as strict readers ask for.
bool is_readable_everywhere(Store& store) {
    bool good = true;
    std::vector<std::pair<std::string, std::string>> columns;
    store.database()
        .prepared(
            "SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns"
            " WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'")
        .each([&](const store::Row& row) { columns.emplace_back(row.text(0), row.text(1)); });
    for (const auto& [table, column] : columns)
        store::Statement(store.database().handle(), store.file(),
                         "SELECT " + column + " FROM " + table + " WHERE typeof(" + column + ") = 'text'")
            .each([&](const store::Row& row) { good = good && base::is_readable(row.text(0)); });
    return good && columns.size() > 50;
}

}  // namespace

TEST_CASE("a sample of bytes is stored as text that all read, and byte by byte") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    plan(store, "cells", {a_trial("aaaa")});
    sampling::Sample made = sample(10, 1.0, bytes);
    made.prompt = "\xA9p";
    made.target = bytes;
    write(
        store, [](Store& s) { s.write(attempt_start("aaaa")); },
        [&](Store& s) {
            s.write("aaaa", training::Samples{made, sample(10, 0.5, "plain é")});
        });
    CHECK(ask(store,
              "SELECT text, hex(text_bytes), hex(prompt_bytes), hex(target_bytes) FROM sample WHERE number = 0"
              " AND temperature = 1") == shown + " 636166C320FF00656E64 A970 636166C320FF00656E64");
    CHECK(ask(store, "SELECT text, text_bytes, prompt_bytes, target_bytes FROM sample WHERE temperature = 0.5") ==
          "plain é - - -");
    CHECK(store::first_prompt(store, 1) == made.prompt);
    const auto again = store.unmeasured("aaaa");
    REQUIRE(again.size() == 2);
    CHECK(again[0].text == bytes);
    CHECK(again[0].prompt == made.prompt);
    // In its place, one that all read leaves no bytes behind.
    made.text = "plain";
    write(store, [&](Store& s) { s.write("aaaa", training::Samples{made}); });
    CHECK(ask(store, "SELECT text, text_bytes FROM sample WHERE temperature = 1") == "plain -");
    CHECK(is_readable_everywhere(store));
}

TEST_CASE("what a plugin says is stored as text that all read") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    store::TrialRow row = a_trial("aaaa");
    row.plugins = {"cell/\xFF@1"};
    plan(store, "cells", {row});
    store::AttemptEnd failed = end("aaaa", trial::TrialStatus::failed);
    failed.error = "no file '\xE9t\xE9.txt'";
    write(
        store, [](Store& s) { s.write(attempt_start("aaaa")); }, [&](Store& s) { s.write(failed); },
        [](Store& s) { s.write("aaaa", point(1, "train", "los\xFFs", 1)); });
    CHECK(ask(store, "SELECT error FROM trial") == "no file '\xEF\xBF\xBDt\xEF\xBF\xBD.txt'");
    CHECK(is_readable_everywhere(store));
}

TEST_CASE("an earlier store's texts are made readable when it is brought up to date") {
    const Folder folder;
    const fs::path file = folder / "old.db";
    {
        std::ifstream stream(UNROLL_FIXTURES "/stores/version-3.sql", std::ios::binary);
        store::Database old(file, store::Database::Access::write);
        old.execute({std::istreambuf_iterator<char>(stream), {}});
        old.execute(
            "UPDATE sample SET text = CAST(x'636166C320FF00656E64' AS TEXT) WHERE id = 1;"
            "UPDATE trial SET error = CAST(x'FF' AS TEXT) WHERE id = 1");
    }
    Store store(file, Store::Mode::write);
    CHECK(ask(store, "SELECT text, hex(text_bytes) FROM sample WHERE id = 1") == shown + " 636166C320FF00656E64");
    CHECK(ask(store, "SELECT error FROM trial WHERE id = 1") == "\xEF\xBF\xBD");
    CHECK(ask(store, "SELECT count(*) FROM sample WHERE text_bytes IS NOT NULL") == "1");
    CHECK(is_readable_everywhere(store));
}
