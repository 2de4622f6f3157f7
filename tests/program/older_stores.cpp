// Results of an earlier version: they count as done.
#include <sqlite3.h>

#include "catch.h"
#include "program.h"

namespace {

/// user_version as the file's header has it.
int version_of(const TemporaryFolder& folder) {
    return content_of(folder.path() / "results/unroll.db").at(63);
}

}  // namespace

TEST_CASE("trials that an earlier version has trained are not trained again") {
    const TemporaryFolder folder;
    folder.write("harbour.txt", content_of(UNROLL_FIXTURES "/texts/harbour.txt"));
    folder.write("small.json", content_of(UNROLL_FIXTURES "/stores/version-3.json"));
    std::filesystem::create_directory(folder.path() / "results");
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open((folder.path() / "results/unroll.db").c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database, content_of(UNROLL_FIXTURES "/stores/version-3.sql").c_str(), nullptr, nullptr,
                         nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_close(database) == SQLITE_OK);

    const std::string before = promised(folder, "results/unroll.db");
    CHECK(version_of(folder) == 3);
    const Ended run = unroll(folder, {"run", "small.json"});
    INFO(run.err);
    CHECK(run.code == 0);
    CHECK(run.says("0 trained, 4 already done"));
    CHECK(run.says("0 samples generated"));
    CHECK(version_of(folder) > 3);
    CHECK(value(folder, "SELECT count(*) FROM attempt") == 5);
    CHECK(value(folder, "SELECT count(*) FROM small WHERE status = 'finished'") == 4);
    CHECK(promised(folder, "results/unroll.db") == before);
    CHECK(unroll(folder, {"compare", "small"}).code == 0);
}
