// A store that was moved: the data of its trials is found by its contents, and sampling needs none.
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
    fs::create_directories(place / "moved/far/away");
    fs::rename(place / "moved/data", place / "moved/far/away/corpora");
    place.write("moved/data/harbour.txt", "another text of that name, and long enough to train on, it is not the same");
    const Ended refused = place.in("moved", {"verify", "1"});
    CHECK(refused.code == 2);
    CHECK(refused.says("trial 1"));
    CHECK(refused.says("UNROLL_DATA"));
    CHECK(refused.says("--data PATH"));
    CHECK(refused.says((place / "moved").string()));
    for (const char* data : {"far/away/corpora", "far/away/corpora/harbour.txt"}) {
        INFO(data);
        CHECK(place.in("moved", {"verify", "1", "--data", data}).prints("are equal to the last bit"));
        CHECK(place.in("moved", {"sample", "1", "--data", data}).code == 0);
    }
    CHECK(place.in("moved", {"verify", "1", "--data", "data/harbour.txt"}).code == 2);
    CHECK(place.in("moved", {"verify", "1", "--data", "nowhere"}).says("--data: no such file or folder: nowhere"));
    SECTION("where it is looked for") {
        fs::copy(place / "moved/far/away/corpora/harbour.txt", place / "moved/harbour.txt");
        CHECK(place.in("moved", {"verify", "1"}).prints("are equal to the last bit"));
    }
    SECTION("there, under another name") {
        fs::create_directory(place / "moved/texts");
        fs::copy(place / "moved/far/away/corpora/harbour.txt", place / "moved/texts/sea.txt");
        CHECK(place.in("moved", {"verify", "1"}).prints("are equal to the last bit"));
        CHECK(place.in("moved", {"sample", "1"}).code == 0);
    }
}

TEST_CASE("some trials of an experiment, drawn by seed, are trained again") {
    Manifest manifest = short_one();
    manifest.sweep = R"({ "seed": [1, 2, 3, 4] })";
    const Project place(manifest);
    const Ended two = place.in("project", {"verify", "tiny", "--sample", "2", "--seed", "5"});
    INFO(two.err);
    CHECK(two.code == 0);
    CHECK(two.prints("tiny: 2 of 2 trials (drawn with seed 5) are equal to the last bit"));
    CHECK(place.in("project", {"verify", "tiny", "--sample", "2", "--seed", "5"}).out == two.out);
    const Ended all = place.in("project", {"verify", "tiny", "--sample", "9"});
    CHECK(all.prints("4 of 4 trials"));
    CHECK(all.says("note: experiment 'tiny' has 4 finished trials"));
    CHECK(place.in("project", {"verify", "none", "--sample", "2"}).says("none"));
    CHECK(place.in("project", {"verify", "1", "--seed", "2"}).says("--seed: without --sample"));
    CHECK(place.in("project", {"verify", "tiny", "--sample", "0"}).code == 2);

    REQUIRE(std::system(("python3 -c \"import sqlite3; c = sqlite3.connect('" +
                         (place / "project/results/unroll.db").string() +
                         "'); c.execute('UPDATE point SET value = value + 1 WHERE trial_id = 3'); c.commit()\"")
                            .c_str()) == 0);
    const Ended changed = place.in("project", {"verify", "tiny", "--sample", "4"});
    CHECK(changed.code == 1);
    CHECK(changed.prints("tiny: 3 of 4 trials"));
}

TEST_CASE("with a prompt, no data is needed, whatever a token is") {
    for (const char* unit : {"character", "byte", "word"}) {
        INFO(unit);
        const Project place(short_one(unit));
        const Words words{"sample", "1", "--prompt", "the sea was", "--length", "20", "--count", "2"};
        const Ended before = place.in("project", words);
        REQUIRE(before.code == 0);
        fs::remove_all(place / "project/data");
        const Ended after = place.in("project", words);
        INFO(after.err);
        CHECK(after.code == 0);
        CHECK(after.out == before.out);

        const Ended usual = place.in("project", {"sample", "1", "--length", "20"});
        CHECK(usual.code == 0);
        CHECK(usual.says("note: the data of trial 1 is not here; the prompt is that of its first sample"));
        CHECK(usual.prints("the"));
        const Ended window = place.in("project", {"sample", "1", "--from", "train"});
        CHECK(window.code == 2);
        CHECK(window.says("--from: a split, and the data of trial 1 is not here"));
        CHECK(place.in("project", {"verify", "1"}).says("its data"));
    }
}

TEST_CASE("words are read and written as the dataset does where the data is not") {
    const Workplace place;
    std::string text;
    for (int i = 0; i < 40; ++i)
        text += "\"Aye,\" said he—the ship's mate... \"well-known\" (at 3.14) “Äpfel” state_of the sea.\nthe end\n";
    for (const char* more :
         {"", R"(, "lower": true, "newlines": "space", "minimum_count": 3)", R"(, "vocabulary": 9)"}) {
        INFO(more);
        place.write("quoted.txt", text);
        Manifest manifest = short_one();
        manifest.dataset = R"({ "plugin": "text", "path": "quoted.txt", "unit": "word", "split": [0.8, 0.2, 0])" +
                           std::string(more) + "}";
        place.put("words.json", manifest);
        const std::string database = std::string("of") + std::to_string(std::string(more).size()) + ".db";
        const Ended run = unroll(place, {"run", "words.json", "--quiet", "--db", database});
        INFO(run.err);
        REQUIRE(run.code == 0);
        const Words words{"sample", "1", "--prompt", "the \"sea", "--length", "40", "--db", database};
        const Ended before = unroll(place, words);
        fs::remove(place / "quoted.txt");
        const Ended after = unroll(place, words);
        INFO(after.err);
        REQUIRE(before.code == 0);
        CHECK(after.code == 0);
        CHECK(after.out == before.out);
    }
}

TEST_CASE("unknown symbols are told without the data, too") {
    const Project place;
    fs::remove_all(place / "project/data");
    CHECK(place.in("project", {"sample", "1", "--prompt", "Ω"}).says("'Ω' in the prompt"));
}

TEST_CASE("answers need no data either") {
    Manifest manifest;
    manifest.dataset = R"({ "plugin": "pairs", "path": "data/pairs.txt", "split": [0.8, 0.2, 0] })";
    manifest.cell = R"({ "plugin": "gru", "hidden": 8 })";
    manifest.training = R"({ "batch": 4, "steps": 4, "evaluate_every": 4 })";
    manifest.sampling = "";
    const Workplace place;
    place.write("data/pairs.txt",
                "ab\tba\nabc\tcba\nbc\tcb\nca\tac\ncab\tbac\nacb\tbca\nbac\tcab\ncba\tabc\nac\tca\nba\tab\n");
    place.put("pairs.json", manifest);
    const Ended run = unroll(place, {"run", "pairs.json", "--quiet"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    const Ended before = unroll(place, {"sample", "1", "--prompt", "abc"});
    fs::remove_all(place / "data");
    const Ended after = unroll(place, {"sample", "1", "--prompt", "abc"});
    INFO(after.err);
    CHECK(after.code == 0);
    CHECK(after.out.starts_with("abc → "));
    CHECK(after.out == before.out);
}
