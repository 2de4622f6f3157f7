// One runner for each database.
#include <sys/wait.h>

#include "scratch.h"

using namespace scratch;

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
    CHECK(files_in(folder.path()) == std::vector<std::string>{"a.db.lock"});
    const store::RunnerLock again(database);
}

TEST_CASE("a lock that cannot be made is an error") {
    const Folder folder;
    folder.write("file", "");
    CHECK_THAT(message_of([&] { store::RunnerLock lock(folder / "file/a.db"); }), contains("cannot be locked"));
}
