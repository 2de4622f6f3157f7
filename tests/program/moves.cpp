// A store that was moved: the data of its trials is found by its contents.
#include "catch.h"
#include "program.h"

namespace {

namespace fs = std::filesystem;

Manifest short_one(const std::string& unit = "character") {
    Manifest manifest;
    manifest.dataset =
        R"({ "plugin": "text", "path": "data/harbour.txt", "unit": ")" + unit + R"(", "split": [0.8, 0.2, 0.0] })";
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 4, "evaluate_every": 4 })";
    return manifest;
}

/// PLACE/project with a text, a manifest and results.
class Project : public Workplace {
public:
    explicit Project(const Manifest& manifest = short_one()) {
        fs::create_directories(*this / "project/data");
        fs::rename(*this / "harbour.txt", *this / "project/data/harbour.txt");
        put("project/tiny.json", manifest);
        const Ended run = in("project", {"run", "tiny.json", "--quiet"});
        if (run.code != 0) throw std::runtime_error(run.err);
    }

    Ended in(const std::string& folder, const Words& words) const { return Process(*this / folder, words).wait(); }
};

}  // namespace

TEST_CASE("a project that was moved is sampled from, verified and compared as before") {
    const Project place;
    const Ended before = place.in("project", {"sample", "1", "--seed", "3", "--length", "30"});
    REQUIRE(before.code == 0);
    fs::rename(place / "project", place / "moved");
    const Ended after = place.in("moved", {"sample", "1", "--seed", "3", "--length", "30"});
    INFO(after.err);
    CHECK(after.code == 0);
    CHECK(after.out == before.out);
    CHECK(place.in("moved", {"verify", "1"}).prints("are equal to the last bit"));
    const Ended run = place.in("moved", {"run", "tiny.json"});
    CHECK(run.says("0 trained, 1 already done"));
    // From elsewhere, with the database named.
    const Ended outside = unroll(place, {"verify", "1", "--db", "moved/results/unroll.db"});
    INFO(outside.err);
    CHECK(outside.prints("are equal to the last bit"));
}

TEST_CASE("data is known by its contents, not by its name") {
    const Project place;
    fs::rename(place / "project", place / "moved");
    fs::rename(place / "moved/data", place / "moved/corpora");
    place.write("moved/data/harbour.txt", "another text of that name, and long enough to train on, it is not the same");
    const Ended refused = place.in("moved", {"verify", "1"});
    CHECK(refused.code == 2);
    CHECK(refused.says("trial 1"));
    CHECK(refused.says("UNROLL_DATA"));
    fs::copy(place / "moved/corpora/harbour.txt", place / "moved/harbour.txt");
    CHECK(place.in("moved", {"verify", "1"}).prints("are equal to the last bit"));
}
