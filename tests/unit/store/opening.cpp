// Opening a result store: new, old, newer, foreign, out of reach; and closing it.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include "scratch.h"
#include "store/database.h"
#include "store/schema.h"
#include "store/waiting.h"

using namespace scratch;

namespace {

constexpr auto reading = Store::Mode::read, writing = Store::Mode::write;

void make_file(const fs::path& file, const std::string& sql) {
    store::Database(file, store::Database::Access::write).execute(sql);
}

std::string content_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Runs the check in a child that may write nothing here, because root may write everywhere. True when it returned
/// true.
template <class Check>
bool as_nobody(Check check) {
    const pid_t child = ::fork();
    if (child == 0) {
        bool good = ::geteuid() != 0 || (::setgid(65534) == 0 && ::setuid(65534) == 0);
        try {
            good = good && check();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
            good = false;
        }
        ::_exit(good ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("a new store makes its folder and says whose it is") {
    const Folder folder;
    const auto file = folder / "results/deep/unroll.db";
    Store(file, writing).close();
    CHECK(files_in(file.parent_path()) == std::vector<std::string>{"unroll.db"});
    Store store(file, reading);
    CHECK(store.file() == file);
    CHECK(ask(store, "PRAGMA application_id") == std::to_string(0x554E524C));
    CHECK(ask(store, "PRAGMA user_version") == std::to_string(store::migration_steps().size()));
    CHECK(store.database().prepared("PRAGMA journal_mode").text() == "wal");  // where readers keep no run waiting
    CHECK(ask(store, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("every table is strict, and the many small rows have no rowid") {
    const Folder folder;
    Store store(folder / "a.db", writing);
    CHECK(ask(store,
              "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict"
              " AND name NOT LIKE 'sqlite_%'") == "");
    CHECK(ask(store,
              "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND wr ORDER BY name") ==
          "checkpoint|gradient|judgement|loss_by_position|membership|point|trial_plugin");
}

TEST_CASE("opening again changes nothing") {
    const Folder folder;
    const auto file = folder / "a.db";
    {
        Store store(file, writing);
        plan(store, "first", {a_trial("aaaa")});
    }
    Store store(file, writing);
    CHECK(ask(store, "SELECT name FROM experiment") == "first");
    CHECK(ask(store, "SELECT fingerprint FROM first") == "aaaa");
}

TEST_CASE("a file that is no database is refused and left as it is") {
    const Folder folder;
    const auto file = folder / "notes.txt";
    const std::string text(5000, 'x');
    std::ofstream(file) << text;
    for (const auto mode : {reading, writing}) {
        const auto message = message_of([&] { Store(file, mode); });
        CHECK_THAT(message, contains("notes.txt: not a database"));
        CHECK_THAT(message, contains("name another file with --db"));
    }
    CHECK(content_of(file) == text);
}

TEST_CASE("a database of another program is refused and left as it is") {
    const Folder folder;
    const auto file = folder / "shop.db";
    make_file(file, "CREATE TABLE customer (name TEXT)");
    const auto before = content_of(file);
    for (const auto mode : {reading, writing})
        CHECK_THAT(message_of([&] { Store(file, mode); }), contains("shop.db: an SQLite file of another program"));
    CHECK(content_of(file) == before);
}

TEST_CASE("a newer version is refused and left as it is") {
    const Folder folder;
    const auto file = folder / "new.db";
    Store(file, writing).close();
    make_file(file, "PRAGMA user_version = 99");
    const auto before = content_of(file);
    for (const auto mode : {reading, writing}) {
        const auto message = message_of([&] { Store(file, mode); });
        CHECK_THAT(message, contains("a result store of version 99"));
        CHECK_THAT(message, contains("use the newer unroll that wrote it"));
    }
    CHECK(content_of(file) == before);
}

TEST_CASE("an older version is brought up to date with what is in it") {
    const Folder folder;
    const auto file = folder / "old.db";
    const std::array<store::MigrationStep, 3> steps{
        [](store::Database& database) { database.execute("CREATE TABLE note (text TEXT) STRICT"); },
        [](store::Database& database) { database.execute("ALTER TABLE note ADD COLUMN length INTEGER"); },
        [](store::Database& database) { database.execute("UPDATE note SET length = length(text)"); },
    };
    // The file as version 1 left it.
    make_file(file,
              "CREATE TABLE note (text TEXT) STRICT; INSERT INTO note VALUES ('hello');"
              "PRAGMA application_id = 1431196236; PRAGMA user_version = 1");
    store::Database database(file, store::Database::Access::write);
    store::migrate(database, steps);
    CHECK(database.prepared("SELECT text || length FROM note").text() == "hello5");
    CHECK(database.prepared("PRAGMA user_version").integer() == 3);
    store::migrate(database, steps);
    CHECK(database.prepared("SELECT text || length FROM note").text() == "hello5");
}

TEST_CASE("a file of version 1 keeps its losses by position and gets room for accuracy") {
    const Folder folder;
    const auto steps = store::migration_steps();
    store::Database database(folder / "old.db", store::Database::Access::write);
    store::migrate(database, steps.first(1));
    database.execute("PRAGMA foreign_keys = OFF; INSERT INTO loss_by_position VALUES (1, 'test', 0, 10, 0.5)");
    store::migrate(database, steps);
    CHECK(database.prepared("SELECT value || ' ' || ifnull(accuracy, 'none') FROM loss_by_position").text() ==
          "0.5 none");
}

TEST_CASE("a migration that fails leaves the older version") {
    const Folder folder;
    const auto file = folder / "old.db";
    const std::array<store::MigrationStep, 2> steps{
        [](store::Database& database) { database.execute("CREATE TABLE note (text TEXT) STRICT"); },
        [](store::Database& database) {
            database.execute("DROP TABLE note");
            database.execute("UPDATE absent SET a = 1");
        },
    };
    store::Database database(file, store::Database::Access::write);
    store::migrate(database, std::span(steps).first(1));
    CHECK_THAT(message_of([&] { store::migrate(database, steps); }), contains("no such table: absent"));
    CHECK(database.prepared("PRAGMA user_version").integer() == 1);
    CHECK(database.prepared("SELECT count(*) FROM note").integer() == 0);
}

TEST_CASE("a reader is told when there is nothing to read, or what is there is too old") {
    const Folder folder;
    const auto missing = message_of([&] { Store(folder / "none.db", reading); });
    CHECK_THAT(missing, contains("none.db: no such file"));
    CHECK_THAT(missing, contains("run a manifest first"));
    CHECK(files_in(folder.path()).empty());

    std::ofstream(folder / "empty.db");
    CHECK_THAT(message_of([&] { Store(folder / "empty.db", reading); }), contains("an empty file"));

    make_file(folder / "old.db", "PRAGMA application_id = 1431196236; PRAGMA user_version = 0; CREATE TABLE a (b)");
    CHECK_THAT(message_of([&] { Store(folder / "old.db", reading); }), contains("empty file"));
}

TEST_CASE("a path that cannot be written is refused") {
    const Folder folder;
    fs::create_directory(folder / "a.db");
    CHECK_THAT(message_of([&] { Store(folder / "a.db", writing); }), contains("cannot be opened or written"));
    std::ofstream(folder / "file");
    CHECK_THAT(message_of([&] { Store(folder / "file/a.db", writing); }), contains("cannot be made"));

    Store(folder / "b.db", writing).close();
    fs::permissions(folder.path(), fs::perms(0555));
    const bool refused = as_nobody([&] {
        const auto existing = message_of([&] { Store(folder / "b.db", writing); });
        const auto made = message_of([&] { Store(folder / "c.db", writing); });
        return existing.find("cannot be opened or written") != std::string::npos &&
               made.find("cannot be opened or written") != std::string::npos;
    });
    fs::permissions(folder.path(), fs::perms(0755));
    CHECK(refused);
}

TEST_CASE("a folder in which nobody can write is read all the same") {
    const Folder folder;
    const auto file = folder / "a.db";
    {
        Store store(file, writing);
        plan(store, "first", {a_trial("aaaa")});
    }
    const auto reads = [&] {
        return as_nobody([&] {
            Store store(file, reading);
            return ask(store, "SELECT name FROM experiment") == "first";
        });
    };
    fs::permissions(folder.path(), fs::perms(0555));
    CHECK(reads());
    fs::permissions(folder.path(), fs::perms(0755));
    // The file of a run that ended without going back from WAL mode, its WAL taken in.
    make_file(file, "PRAGMA journal_mode = WAL");
    fs::permissions(folder.path(), fs::perms(0555));
    CHECK(reads());
    fs::permissions(folder.path(), fs::perms(0755));
}

TEST_CASE("results that stand in a WAL are not passed over where it cannot be taken in") {
    const Folder folder;
    fs::create_directory(folder / "cut off");
    {
        Store store(folder / "a.db", writing);
        plan(store, "first", {a_trial("aaaa")});
        for (const char* name : {"a.db", "a.db-wal"}) fs::copy(folder / name, folder / "cut off" / name);
    }
    fs::permissions(folder.path(), fs::perms(0755));
    fs::permissions(folder / "cut off", fs::perms(0555));
    const bool told = as_nobody([&] {
        const auto message = message_of([&] { Store(folder / "cut off/a.db", reading); });
        return message.find("an interrupted run left results in its -wal file") != std::string::npos;
    });
    fs::permissions(folder / "cut off", fs::perms(0755));
    CHECK(told);
    Store store(folder / "cut off/a.db", reading);
    CHECK(ask(store, "SELECT name FROM experiment") == "first");
}

TEST_CASE("a reader leaves no file behind") {
    const Folder folder;
    const auto file = folder / "a.db";
    {
        Store store(file, writing);
        plan(store, "first", {a_trial("aaaa")});
    }
    for (int i = 0; i < 2; ++i) {
        Store store(file, reading);
        CHECK(ask(store, "SELECT name FROM experiment") == "first");
    }
    CHECK(files_in(folder.path()) == std::vector<std::string>{"a.db"});
}

TEST_CASE("a file that may not be written is read") {
    const Folder folder;
    const auto file = folder / "a.db";
    {
        Store store(file, writing);
        plan(store, "first", {a_trial("aaaa")});
    }
    fs::permissions(file, fs::perms(0444));
    fs::permissions(folder.path(), fs::perms(0777));  // a folder in which anybody may
    for (int i = 0; i < 2; ++i)
        CHECK(as_nobody([&] {
            Store store(file, reading);
            return ask(store, "SELECT name FROM experiment") == "first";
        }));
}

TEST_CASE("a reader in the middle of a transaction does not keep a run from beginning") {
    const Folder folder;
    const auto file = folder / "a.db";
    {
        Store store(file, writing);
        plan(store, "first", {a_trial("aaaa")});
    }
    Store reader(file, reading);
    reader.database().execute("BEGIN; SELECT count(*) FROM trial");
    const auto began = std::chrono::steady_clock::now();
    {
        Store store(file, writing);
        plan(store, "second", {a_trial("bbbb")});
        store.close();
    }
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(2));
    CHECK(ask(reader, "SELECT count(*) FROM trial") == "1");  // as its transaction began
    reader.database().execute("COMMIT");
    CHECK(ask(reader, "SELECT count(*) FROM trial") == "2");
}

TEST_CASE("a wait for others is told, with who they are, and ends") {
    const Folder folder;
    const auto file = folder / "a.db";
    Store(file, writing).close();
    make_file(file, "PRAGMA journal_mode = DELETE");  // as versions before left it
    const pid_t child = ::fork();
    if (child == 0) {
        store::Database other(file, store::Database::Access::existing);
        other.execute("BEGIN; SELECT count(*) FROM trial");
        for (;;) ::pause();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    std::atomic<bool> stop{false};
    std::string told;
    store::set_wait_monitor({[&](const std::string& message) {
                                 told = message;
                                 stop = true;
                             },
                             &stop});
    const std::string message = message_of([&] { Store(file, writing); });
    store::set_wait_monitor({});
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK_THAT(told, contains("waiting for " + file.string() + ", which process " + std::to_string(child)));
    CHECK_THAT(message, contains("process " + std::to_string(child)));
    CHECK_THAT(message, contains("end that program's transaction"));
    Store store(file, writing);
}

TEST_CASE("closing leaves one file, unless somebody reads it") {
    const Folder folder;
    const auto file = folder / "a.db";
    Store store(file, writing);
    plan(store, "first", {a_trial("aaaa")});
    CHECK(fs::exists(folder / "a.db-wal"));
    CHECK(store.close());
    CHECK(files_in(folder.path()) == std::vector<std::string>{"a.db"});

    Store again(file, writing);
    plan(again, "second", {a_trial("bbbb")});
    {
        Store reader(file, reading);
        reader.database().execute("BEGIN; SELECT count(*) FROM trial");
        CHECK_FALSE(again.close());
        CHECK(ask(reader, "SELECT count(*) FROM trial") == "2");
    }
    Store(file, writing).close();
    CHECK(files_in(folder.path()) == std::vector<std::string>{"a.db"});
}
