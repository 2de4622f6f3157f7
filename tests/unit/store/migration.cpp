// A store that an earlier version made: brought up to date with everything that is in it.
#include <iterator>

#include "scratch.h"
#include "store/database.h"
#include "store/schema.h"

using namespace scratch;

namespace {

constexpr auto reading = Store::Mode::read, writing = Store::Mode::write;

std::string text_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// The file that version 3 left.
void make_version_3(const fs::path& file) {
    store::Database(file, store::Database::Access::write).execute(text_of(UNROLL_FIXTURES "/stores/version-3.sql"));
}

/// Every table, index and view that each store has, with its text; not what SQLite itself adds when a file has grown.
std::string schema_of(Store& store) {
    return ask(store,
               "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT IN (SELECT name FROM experiment)"
               " AND name NOT LIKE 'sqlite_stat%' ORDER BY type, name");
}

/// What is in every table, without the columns that came later.
std::string content_of(Store& store) {
    std::string all;
    for (const std::string table :
         {"experiment", "trial", "membership", "attempt", "series", "point", "sample", "checkpoint", "plugin",
          "trial_plugin", "gradient", "loss_by_position", "judgement"}) {
        const std::string columns =
            ask(store, "SELECT group_concat(name) FROM pragma_table_info('" + table +
                           "') WHERE name NOT IN ('identity', 'trajectory', 'train_loss_steps', 'start', 'continues',"
                           " 'manifest_path', 'cause', 'bound', 'is_scheduled', 'state_size', 'prompt_bytes', "
                           "'text_bytes', 'target_bytes')");
        all += table + ": " + ask(store, "SELECT " + columns + " FROM " + table) + "\n";
    }
    return all;
}

}  // namespace

TEST_CASE("a store of version 3 is read as it is") {
    const Folder folder;
    make_version_3(folder / "old.db");
    Store store(folder / "old.db", reading);
    CHECK(ask(store, "PRAGMA user_version") == "3");
    CHECK(ask(store, "SELECT experiment, status, count(*) FROM result GROUP BY 1, 2 ORDER BY 1") ==
          "diverging finished 1|small finished 4");
}

TEST_CASE("a store of version 3 is brought up to date, keeps its rows, and is then as a new one") {
    const Folder folder;
    make_version_3(folder / "old.db");
    std::string before;
    {
        Store store(folder / "old.db", reading);
        before = content_of(store);
    }
    Store(folder / "old.db", writing).close();
    Store(folder / "new.db", writing).close();

    Store migrated(folder / "old.db", reading), fresh(folder / "new.db", reading);
    CHECK(ask(migrated, "PRAGMA user_version") == std::to_string(store::migration_steps().size()));
    CHECK(ask(migrated, "PRAGMA application_id") == ask(fresh, "PRAGMA application_id"));
    CHECK(schema_of(migrated) == schema_of(fresh));
    CHECK(content_of(migrated) == before);
    CHECK(ask(migrated, "PRAGMA integrity_check") == "ok");
    CHECK_FALSE(migrated.database().prepared("PRAGMA foreign_key_check").text());
    CHECK(ask(migrated, "SELECT count(*), count(validation_loss) FROM small") == "4 4");
    CHECK(ask(migrated, "SELECT DISTINCT train_loss_steps, identity FROM small") == "10 -");
}

TEST_CASE("no list of statuses is closed in the file") {
    const Folder folder;
    make_version_3(folder / "old.db");
    for (const char* name : {"old.db", "new.db"}) {
        Store store(folder / name, writing);
        plan(store, "cells", {a_trial("aaaa")});
        write(store, [](Store& to) { to.write(attempt_start("aaaa")); });
        store.database().execute("UPDATE trial SET status = 'another' WHERE fingerprint = 'aaaa'");
        store.database().execute("UPDATE attempt SET outcome = 'another'");
        CHECK(ask(store, "SELECT status FROM cells") == "another");
        CHECK(ask(store, "SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%interrupted%'") == "0");
    }
}

TEST_CASE("a file whose tables are not those of version 3 is left as it is") {
    const Folder folder;
    const auto file = folder / "odd.db";
    make_version_3(file);
    store::Database(file, store::Database::Access::write).execute("ALTER TABLE attempt RENAME TO try");
    const auto message = message_of([&] { Store(file, writing); });
    CHECK_THAT(message, contains("odd.db: no table 'attempt'"));
    store::Database database(file, store::Database::Access::write);
    CHECK(database.prepared("PRAGMA user_version").integer() == 3);
    CHECK_THAT(database.prepared("SELECT sql FROM sqlite_schema WHERE name = 'trial'").text().value_or(""),
               contains("CHECK (status IN"));
}
