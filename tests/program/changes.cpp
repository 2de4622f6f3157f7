// An experiment never changes without a word: edited manifests, names that two files have, --fresh.
#include "catch.h"
#include "program.h"

namespace {

Manifest short_one(const std::string& seeds = "[1, 2]") {
    Manifest manifest;
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 4, "evaluate_every": 4 })";
    manifest.sweep = R"({ "seed": )" + seeds + " }";
    return manifest;
}

}  // namespace

TEST_CASE("a run says which trials an edited manifest leaves out") {
    const Workplace place;
    place.put("tiny.json", short_one());
    const Ended first = unroll(place, {"run", "tiny.json"});
    REQUIRE(first.code == 0);
    CHECK_FALSE(first.says("leave"));
    place.put("tiny.json", short_one("[2, 3]"));
    const Ended second = unroll(place, {"run", "tiny.json", "--quiet"});
    INFO(second.err);
    CHECK(second.code == 0);
    CHECK(second.says("note: 1 trial of experiment 'tiny' is not in this manifest and leaves it (trial 1)"));
    CHECK(value(place, "SELECT count(*) FROM membership WHERE NOT current AND why IS NOT NULL") == 1);
    CHECK_FALSE(unroll(place, {"run", "tiny.json"}).says("leave"));
}

TEST_CASE("a manifest does not take over the experiment of another file unasked") {
    const Workplace place;
    place.put("tiny.json", short_one());
    REQUIRE(unroll(place, {"run", "tiny.json", "--quiet"}).code == 0);
    std::filesystem::create_directory(place / "copy");
    place.put("copy/tiny.json", short_one());
    std::filesystem::copy_file(place / "harbour.txt", place / "copy/harbour.txt");
    CHECK(unroll(place, {"run", "copy/tiny.json", "--quiet"}).code == 0);  // the same text changes nothing
    REQUIRE(unroll(place, {"run", "tiny.json", "--quiet"}).code == 0);

    place.put("copy/tiny.json", short_one("[2, 3]"));
    const Ended refused = unroll(place, {"run", "copy/tiny.json"});
    INFO(refused.err);
    CHECK(refused.code == 2);
    CHECK(refused.says("copy/tiny.json: name: 'tiny', an experiment that results/unroll.db has from "));
    CHECK(refused.says("--as NAME"));
    CHECK(refused.says("1 trial would leave"));
    CHECK(value(place, "SELECT count(*) FROM trial") == 2);

    const Ended apart = unroll(place, {"run", "copy/tiny.json", "--as", "copied", "--quiet"});
    CHECK(apart.code == 0);
    CHECK(apart.err.empty());
    CHECK(value(place, "SELECT count(*) FROM copied") == 2);
    CHECK(value(place, "SELECT count(*) FROM tiny") == 2);
    CHECK(unroll(place, {"run", "copy/tiny.json", "--yes", "--quiet"}).code == 0);
    CHECK(value(place, "SELECT group_concat(seed) FROM tiny") == "2,3");

    // A manifest that was moved is the same one, edited.
    std::filesystem::rename(place / "copy", place / "moved");
    place.put("moved/tiny.json", short_one("[3]"));
    const Ended moved = unroll(place, {"run", "moved/tiny.json", "--quiet"});
    CHECK(moved.code == 0);
    CHECK(moved.says("1 trial of experiment 'tiny'"));
}

TEST_CASE("two manifests of one name are refused, and so are names that cannot be") {
    const Workplace place;
    place.put("tiny.json", short_one());
    place.put("other.json", short_one("[3]"));
    const Ended both = unroll(place, {"run", "tiny.json", "other.json"});
    CHECK(both.code == 2);
    CHECK(both.says("'tiny', also the name in tiny.json"));
    CHECK(unroll(place, {"run", "tiny.json", "other.json", "--as", "both"}).says("one name for 2 manifests"));
    CHECK(unroll(place, {"run", "tiny.json", "--as", "result"}).code == 2);
    CHECK_FALSE(std::filesystem::exists(place / "results"));
}

TEST_CASE("a manifest's queries know the experiment by the manifest's name, whatever it runs as") {
    const Workplace place;
    Manifest manifest = short_one();
    manifest.more = R"("expect": { "two": "SELECT count(*) = 2 FROM tiny" })";
    place.put("tiny.json", manifest);
    const Ended run = unroll(place, {"run", "tiny.json", "--as", "another", "--quiet"});
    INFO(run.out << run.err);
    CHECK(run.code == 0);
    CHECK(run.out == "✓ another: two\n");
}

TEST_CASE("--fresh says what it replaces, and whose it is as well") {
    const Workplace place;
    place.put("tiny.json", short_one());
    Manifest other = short_one("[2]");
    other.name = "\"other\"";
    other.sampling = R"({ "sampler": { "plugin": "temperature" }, "temperature": [2], "length": 5, "prompt": "the " })";
    place.put("other.json", other);
    CHECK_FALSE(unroll(place, {"run", "tiny.json", "other.json", "--fresh"}).says("replaces"));
    const Ended fresh = unroll(place, {"run", "tiny.json", "--fresh"});
    INFO(fresh.err);
    CHECK(fresh.code == 0);
    CHECK(fresh.says("note: --fresh replaces the results of 2 trials (2 finished) with 5 samples and 2 checkpoints"));
    CHECK(fresh.says("note: 1 of them, with 3 samples, other has as well"));
    CHECK(value(place, "SELECT count(*) FROM sample") == 4);
    CHECK(unroll(place, {"run", "other.json"}).says("0 trained, 1 already done, 1 samples generated"));
}

TEST_CASE("what --fresh has not finished leaves the old results, and the next run goes on with it") {
    const Workplace place;
    Manifest manifest = short_one("[1]");
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 3000, "evaluate_every": 3000 })";
    place.put("tiny.json", manifest);
    REQUIRE(unroll(place, {"run", "tiny.json", "--quiet"}).code == 0);
    const std::string before = promised(place, "results/unroll.db");
    Process process(place.path(), {"run", "tiny.json", "--fresh"});
    REQUIRE(wait_until([&] { return process.err().find("1 to train") != std::string::npos; }));
    process.signal(SIGINT);
    CHECK(process.wait().code == 130);
    CHECK(value(place, "SELECT count(*) FROM tiny WHERE status = 'finished'") == 1);
    const Ended sampled = unroll(place, {"sample", "1", "--length", "5"});
    INFO(sampled.err);
    CHECK(sampled.code == 0);
    CHECK(unroll(place, {"run", "tiny.json"}).says("1 trained, 0 already done"));
    CHECK(promised(place, "results/unroll.db") == before);
}

TEST_CASE("a database in a folder that does not exist is refused, but for the usual one") {
    const Workplace place;
    place.put("tiny.json", short_one());
    for (const char* command : {"run", "plan", "list"}) {
        const Ended refused = unroll(place, {command, "tiny.json", "--db", "reslts/unroll.db"});
        CHECK(refused.code == 2);
        CHECK(refused.says("--db: 'reslts/unroll.db', in a folder that does not exist"));
        CHECK(refused.says("mkdir -p"));
    }
    CHECK_FALSE(std::filesystem::exists(place / "reslts"));
    CHECK(unroll(place, {"run", "tiny.json", "--quiet"}).code == 0);
    CHECK(std::filesystem::exists(place / "results/unroll.db"));
}
