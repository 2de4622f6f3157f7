// Results of an earlier version: they count as done.
#include <sqlite3.h>

#include "catch.h"
#include "program.h"

namespace {

/// user_version as the file's header has it.
int version_of(const TemporaryFolder& folder) {
    return content_of(folder.path() / "results/unroll.db").at(63);
}

/// Every result by the trial's id, as its fingerprint changes.
std::string results_of(const TemporaryFolder& folder) {
    std::string all;
    for (const char* query :
         {"SELECT id, status, step, tokens, printf('%!.17g', train_loss) AS train_loss,"
          " printf('%!.17g', validation_loss) AS loss, best_step FROM trial ORDER BY id",
          "SELECT trial_id, step, split, name, printf('%!.17g', value) AS value FROM metric ORDER BY 1, 2, 3, 4",
          "SELECT trial_id, split, position, step, printf('%!.17g', value) AS value FROM loss_by_position"
          " ORDER BY 1, 2, 3",
          "SELECT id, trial_id, step, temperature, text FROM sample ORDER BY id"})
        all += boost::json::serialize(rows(folder, query)) + "\n";
    return all;
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

    const std::string before = results_of(folder);
    CHECK(version_of(folder) == 3);
    CHECK(unroll(folder, {"plan", "small.json"}).prints("4 trials, 4 done"));
    CHECK(unroll(folder, {"report", "small"}).code == 0);  // without columns that it lacks
    CHECK(version_of(folder) == 3);
    const Ended run = unroll(folder, {"run", "small.json"});
    INFO(run.err);
    CHECK(run.code == 0);
    CHECK(run.says("0 trained, 4 already done"));
    CHECK(run.says("0 samples generated"));
    CHECK(version_of(folder) > 3);
    CHECK(value(folder, "SELECT count(*) FROM attempt") == 5);
    CHECK(value(folder, "SELECT count(*) FROM small WHERE status = 'finished'") == 4);
    CHECK(results_of(folder) == before);
    CHECK(value(folder, "SELECT count(*) FROM small WHERE identity IS NOT NULL") == 4);
    CHECK(
        unroll(folder, {"run", "small.json", "--set", "training.evaluate_every=20"}).says("0 trained, 4 already done"));
    CHECK(value(folder, "SELECT count(*) FROM trial") == 5);
    CHECK(unroll(folder, {"compare", "small"}).code == 0);
}
