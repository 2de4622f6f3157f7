// One runner for each database.
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <thread>

#include "scratch.h"
#include "store/database.h"
#include "store/location.h"

using namespace scratch;

namespace {

std::string content_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// A child that holds the lock until it is killed.
class Holder {
public:
    explicit Holder(const fs::path& database) {
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        id = ::fork();
        if (id == 0) try {
                const auto* lock = new store::RunnerLock(database);
                if (::write(ready[1], &lock, 1) != 1) ::_exit(1);
                for (;;) ::pause();
            } catch (const std::exception& error) {
                std::fprintf(stderr, "%s\n", error.what());
                ::_exit(1);
            }
        ::close(ready[1]);
        char byte = 0;
        const bool is_held = ::read(ready[0], &byte, 1) == 1;
        ::close(ready[0]);
        REQUIRE(is_held);
    }
    ~Holder() {
        ::kill(id, SIGKILL);
        ::waitpid(id, nullptr, 0);
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

    pid_t id;
};

}  // namespace

TEST_CASE("a second runner is refused, in words") {
    const Folder folder;
    const auto database = folder / "results/a.db";
    {
        const store::RunnerLock lock(database);
        const auto message = message_of([&] { store::RunnerLock second(database); });
        CHECK_THAT(message, contains("a.db: database in use by process " + std::to_string(::getpid())));
        CHECK_THAT(message, contains("since 20"));
        CHECK_THAT(message, contains("wait until it is done, or name another file with --db"));
        const store::RunnerLock other(folder / "b.db");
    }
    CHECK(files_in(folder / "results").empty());
    const store::RunnerLock again(database);
}

TEST_CASE("a runner that was killed leaves no lock") {
    const Folder folder;
    const auto database = folder / "a.db";
    const pid_t child = ::fork();
    if (child == 0) {
        auto* lock = new store::RunnerLock(database);
        ::_exit(lock != nullptr ? 0 : 1);
    }
    ::waitpid(child, nullptr, 0);
    CHECK(files_in(folder.path()) == std::vector<std::string>{"a.db", "a.db.lock"});
    const store::RunnerLock again(database);
}

TEST_CASE("a lock that cannot be made is an error") {
    const Folder folder;
    folder.write("file", "");
    CHECK_THAT(message_of([&] { store::RunnerLock lock(folder / "file/a.db"); }), contains("cannot be locked"));
}

TEST_CASE("a file is locked, by whatever name it is called") {
    const Folder folder;
    const auto database = folder / "results/a.db";
    Store(database, Store::Mode::write).close();
    fs::create_directory(folder / "results/a.db.d");  // where its checkpoints are
    fs::create_symlink(database, folder / "link.db");
    fs::create_directory_symlink(folder / "results", folder / "linked");
    fs::create_hard_link(database, folder / "results/hard.db");
    fs::create_hard_link(database, folder / "other.db");
    const auto message = [&](const fs::path& name) { return message_of([&] { store::RunnerLock second(name); }); };
    const Holder first(database);
    const std::string told = "database in use by process " + std::to_string(first.id);
    for (const char* name :
         {"results/a.db", "link.db", "linked/a.db", "results/hard.db", "other.db", "results/../results/a.db"}) {
        INFO(name);
        CHECK_THAT(message(folder / name), contains(told));
    }
    CHECK_THAT(message(fs::relative(database)), contains(told));
    fs::remove(folder / "results/a.db.lock");
    CHECK_THAT(message(database), contains(told));
    std::ofstream(folder / "results/a.db.lock") << "process 1, since ever";
    CHECK_THAT(message(database), contains(told));
}

TEST_CASE("a lock holds while SQLite opens and closes the file, in this process and others") {
    const Folder folder;
    const auto database = folder / "a.db";
    const store::RunnerLock lock(database);
    Store store(database, Store::Mode::write);
    plan(store, "first", {a_trial("aaaa")});
    store.begin();
    store.write(attempt_start("aaaa"));
    CHECK_THAT(message_of([&] { store::RunnerLock second(database); }), contains("in use"));
    // Nor does asking for the lock take SQLite's own locks away: nobody else can write now.
    const pid_t child = ::fork();
    if (child == 0) {
        sqlite3* other = nullptr;
        sqlite3_open_v2(database.c_str(), &other, SQLITE_OPEN_READWRITE, nullptr);
        ::_exit(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_BUSY ? 0 : 1);
    }
    int status = 1;
    ::waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    store.commit();
}

TEST_CASE("a lock file that is a link, or another's file, is left as it is") {
    const Folder folder;
    std::ofstream(folder / "precious.txt") << "kept";
    fs::create_symlink(folder / "precious.txt", folder / "a.db.lock");
    fs::create_hard_link(folder / "precious.txt", folder / "b.db.lock");
    std::ofstream(folder / "c.db.lock") << "somebody's notes";
    for (const char* name : {"a.db", "b.db", "c.db"}) {
        const store::RunnerLock lock(folder / name);
        CHECK_THAT(message_of([&] { store::RunnerLock second(folder / name); }), contains("in use by process"));
    }
    CHECK(content_of(folder / "precious.txt") == "kept");
    CHECK(content_of(folder / "c.db.lock") == "somebody's notes");
    CHECK(fs::is_symlink(folder / "a.db.lock"));
}

TEST_CASE("a database has one place, whatever it is called by") {
    const Folder folder;
    const fs::path real = fs::canonical(folder.path());
    fs::create_directory(folder / "a");
    CHECK(store::real_location(folder / "a/x.db") == real / "a/x.db");
    fs::create_symlink("a/x.db", folder / "link.db");
    CHECK(store::real_location(folder / "link.db") == real / "a/x.db");  // before it is there
    std::ofstream(folder / "a/x.db") << "x";
    CHECK(store::real_location(folder / "link.db") == real / "a/x.db");
    CHECK(store::real_location(folder / "a/../a/./x.db") == real / "a/x.db");
    fs::create_hard_link(folder / "a/x.db", folder / "a/b.db");
    CHECK(store::real_location(folder / "a/x.db") == real / "a/b.db");
    fs::create_directory(folder / "a/x.db.d");
    for (const char* name : {"a/x.db", "a/b.db", "link.db"})
        CHECK(store::real_location(folder / name) == real / "a/x.db");
    // In another folder SQLite would not find its journal.
    fs::create_hard_link(folder / "a/x.db", folder / "y.db");
    CHECK_THAT(message_of([&] { store::RunnerLock lock(folder / "y.db"); }), contains("a second name (hard link)"));
    const store::RunnerLock lock(folder / "a/x.db");
}

TEST_CASE("file systems that machines share are known") {
    CHECK(store::network_file_system(0x6969, "nfs4") == "NFS");
    CHECK(store::network_file_system(long(0xFFFFFFFFFF534D42), "cifs") == "SMB");
    CHECK(store::network_file_system(0x65735546, "fuse.sshfs") == "sshfs");
    CHECK(store::network_file_system(0x65735546, "fuseblk") == "");
    CHECK(store::network_file_system(0xEF53, "ext4") == "");
    CHECK(store::network_file_system(fs::temp_directory_path()) == "");
}

TEST_CASE("nothing is left of a lock under which nothing came about") {
    const Folder folder;
    { const store::RunnerLock lock(folder / "a.db"); }
    CHECK(files_in(folder.path()).empty());
    std::ofstream(folder / "b.db");
    { const store::RunnerLock lock(folder / "b.db"); }
    CHECK(files_in(folder.path()) == std::vector<std::string>{"b.db"});  // it was there before
}
