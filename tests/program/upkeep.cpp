// Looking after a store: list, rename, remove.
#include "catch.h"
#include "program.h"

namespace {

/// Two experiments that share the trial of seed 1.
void run_two(const Workplace& place) {
    Manifest manifest;
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 4, "evaluate_every": 4 })";
    manifest.sweep = R"({ "seed": [1, 2] })";
    place.put("tiny.json", manifest);
    manifest.name = "\"other one\"";
    manifest.sweep = R"({ "seed": [1, 3] })";
    place.put("other.json", manifest);
    REQUIRE(unroll(place, {"run", "tiny.json", "other.json", "--quiet"}).code == 0);
}

boost::json::array listed(const Workplace& place, Words words = {}) {
    words.insert(words.begin(), "list");
    words.insert(words.end(), {"--format", "json"});
    const Ended list = unroll(place, words);
    INFO(list.err);
    REQUIRE(list.code == 0);
    return boost::json::parse(list.out).as_array();
}

}  // namespace

TEST_CASE("list shows experiments and their trials") {
    const Workplace place;
    run_two(place);
    const Ended table = unroll(place, {"list"});
    CHECK(table.code == 0);
    CHECK(table.prints("other one"));
    CHECK(table.prints("finished"));
    CHECK_FALSE(table.prints("failed"));
    CHECK(table.prints("2 experiments, 3 trials"));
    const auto experiments = listed(place);
    REQUIRE(experiments.size() == 2);
    CHECK(experiments[0].at("finished") == 2);
    CHECK(experiments[0].at("failed") == 0);
    CHECK(experiments[0].at("metric") == "validation/loss");
    CHECK(experiments[0].at("checkpoint_bytes").to_number<int>() > 1000);
    const auto trials = listed(place, {"tiny"});
    REQUIRE(trials.size() == 2);
    CHECK(trials[1].at("axes") == "seed=2");
    CHECK(trials[1].at("status") == "finished");
    CHECK(trials[1].at("validation/loss").as_double() > 0);
    CHECK(unroll(place, {"list", "tiny", "--format", "markdown"}).prints("| seed=2 |"));

    const Ended unknown = unroll(place, {"list", "tinyy"});
    CHECK(unknown.code == 2);
    CHECK(unknown.says("did you mean \"tiny\"?"));
    CHECK(unroll(place, {"list", "--db", "none.db"}).says("no such file"));
}

TEST_CASE("rename gives an experiment another name") {
    const Workplace place;
    run_two(place);
    const Ended renamed = unroll(place, {"rename", "other one", "seeds"});
    INFO(renamed.err);
    CHECK(renamed.code == 0);
    CHECK(renamed.prints("renamed 'other one' to 'seeds'"));
    CHECK(value(place, "SELECT count(*) FROM seeds") == 2);
    CHECK(unroll(place, {"rename", "seeds", "tiny"}).says("another experiment has"));
    CHECK(unroll(place, {"rename", "seeds"}).says("exactly 2 names"));
}

TEST_CASE("remove says what goes and what stays, and does it only when that is confirmed") {
    const Workplace place;
    run_two(place);
    const Ended asked = unroll(place, {"remove", "tiny"});
    CHECK(asked.code == 2);
    CHECK(asked.prints("goes: 1 experiment (tiny); 1 trial (1 finished), 2 samples, "));
    CHECK(asked.prints("stays: 1 trial, which other one has as well"));
    CHECK(asked.says("--yes"));
    CHECK(listed(place).size() == 2);

    const Ended removed = unroll(place, {"remove", "tiny", "--yes"});
    INFO(removed.err);
    CHECK(removed.code == 0);
    CHECK(removed.prints("removed"));
    CHECK(listed(place).size() == 1);
    CHECK(value(place, "SELECT count(*) FROM trial") == 2);
    CHECK(unroll(place, {"sample", "1", "--length", "5"}).code == 0);  // the shared one
    CHECK(unroll(place, {"remove", "tiny", "--yes"}).code == 2);
    CHECK(unroll(place, {"remove", "--yes"}).says("no experiment"));
}

TEST_CASE("prune shows what would go, and removes it only when that is confirmed") {
    const Workplace place;
    run_two(place);
    const Ended shown = unroll(place, {"prune", "--keep-best", "1"});
    INFO(shown.err);
    CHECK(shown.code == 0);
    CHECK(shown.prints("seed="));
    CHECK(shown.says("nothing was removed"));
    const auto count = [&] { return value(place, "SELECT count(*) FROM checkpoint").to_number<int>(); };
    CHECK(count() == 3);
    const Ended removed = unroll(place, {"prune", "--keep-best", "1", "--yes", "--format", "csv"});
    CHECK(removed.code == 0);
    CHECK(removed.says("removed"));
    CHECK(count() < 3);
    CHECK(unroll(place, {"run", "tiny.json", "other.json"}).says("0 trained, 3 already done"));
    CHECK(unroll(place, {"prune", "--older-than", "30d"}).prints("no checkpoint to remove"));
    CHECK(unroll(place, {"prune"}).says("nothing that says which checkpoints go"));
    CHECK(unroll(place, {"prune", "--older-than", "30"}).says("write --older-than 30d"));
    CHECK(unroll(place, {"prune", "tinyy"}).says("did you mean \"tiny\"?"));
}

TEST_CASE("merge brings other stores in, and again changes nothing") {
    const Workplace place;
    Manifest manifest;
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 4, "evaluate_every": 4 })";
    manifest.sweep = R"({ "seed": [1, 2] })";
    place.put("tiny.json", manifest);
    REQUIRE(unroll(place, {"run", "tiny.json", "--quiet", "--db", "a.db"}).code == 0);
    REQUIRE(unroll(place, {"run", "tiny.json", "--quiet", "--db", "b.db", "--as", "mine", "--set", "sweep.seed=[2, 3]"})
                .code == 0);
    const Ended merged = unroll(place, {"merge", "a.db", "b.db", "--db", "all.db"});
    INFO(merged.err);
    CHECK(merged.code == 0);
    CHECK(merged.prints("a.db: 2 trials (2 new); copied 4 samples and 2 checkpoints"));
    CHECK(merged.prints("b.db: 2 trials (1 new, 1 equal); copied 2 samples and "));
    const std::string all = promised(place, "all.db");
    CHECK(unroll(place, {"merge", "b.db", "a.db", "--db", "other.db"}).code == 0);
    CHECK(promised(place, "other.db") == all);
    CHECK(unroll(place, {"merge", "a.db", "other.db", "--db", "all.db"}).prints("other.db: 3 trials (3 equal)"));
    CHECK(promised(place, "all.db") == all);
    CHECK(unroll(place, {"verify", "3", "--db", "all.db"}).prints("are equal to the last bit"));
    CHECK(unroll(place, {"run", "tiny.json", "--db", "all.db"}).says("0 trained, 2 already done"));

    CHECK(unroll(place, {"merge", "none.db", "--db", "new.db"}).code == 2);
    CHECK_FALSE(std::filesystem::exists(place / "new.db"));
    CHECK(unroll(place, {"merge", "harbour.txt", "--db", "new.db"}).says("not a database"));
    CHECK_FALSE(std::filesystem::exists(place / "new.db"));
    CHECK(unroll(place, {"merge"}).says("no result store"));
}
