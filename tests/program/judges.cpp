// `sampling.judge`: a classifier of one experiment judges the images of another.
#include "browser.h"

namespace {

/// An IDX file of bytes.
std::string idx(const std::vector<unsigned char>& sizes, const std::string& values) {
    std::string file{'\0', '\0', '\x08', static_cast<char>(sizes.size())};
    for (const unsigned char size : sizes) file += std::string(3, '\0') + static_cast<char>(size);
    return file + values;
}

/// Pictures of 2 x 2 points, bright on the left or on the right, with labels that tell which.
class Gallery : public Workplace {
public:
    Gallery() {
        constexpr unsigned char count = 60;
        std::string pictures, labels;
        for (unsigned i = 0; i < count; ++i) {
            pictures += i % 2 ? "\xF0\x08\xF0\x08" : std::string("\x08\xF0\x08\xF0");
            labels += static_cast<char>(i % 2);
        }
        write("pictures.idx", idx({count, 2, 2}, pictures));
        write("labels.idx", idx({count}, labels));
    }

    /// "sides" tells left from right.
    void put_classifier(const std::string& step = "picture") const {
        Manifest manifest;
        manifest.name = "\"sides\"";
        manifest.dataset = R"({ "plugin": "idx", "images": "pictures.idx", "labels": "labels.idx", "target": "label",
            "split": [40, 10, 10], "step": ")" +
                           step + "\" }";
        manifest.cell = R"({ "plugin": "dense", "hidden": 4 })";
        manifest.training = R"({ "batch": 8, "steps": 60, "optimizer": { "name": "adam", "learning_rate": 0.05 } })";
        manifest.sampling.clear();
        manifest.sweep = R"({ "cell.hidden": [2, 4] })";
        manifest.more = R"("compare": { "metric": "test/loss", "goal": "min" })";
        put("sides.json", manifest);
    }

    void put_generator(const std::string& judge) const {
        Manifest manifest;
        manifest.name = "\"rivals\"";
        manifest.dataset = R"({ "plugin": "idx", "images": "pictures.idx", "target": "none", "split": [1, 0, 0] })";
        manifest.cell = R"({ "plugin": "dense" })";
        manifest.training = R"({ "batch": 10, "steps": 12, "checkpoint_every": 4, "keep_checkpoints": 3 })";
        manifest.sampling = R"({ "grid": 2, "judge": ")" + judge + "\" }";
        manifest.more = R"("model": { "noise": 2, "generator": { "hidden": 4, "activation": "sigmoid" },
            "discriminator": { "hidden": 3 } }, "compare": { "metric": "train/deceived" })";
        put("rivals.json", manifest);
    }
};

}  // namespace

TEST_CASE("images are judged at every kept checkpoint, by the best trial, once") {
    const Gallery place;
    place.put_classifier();
    place.put_generator("sides");
    const Ended first = unroll(place, {"run", "rivals.json", "sides.json"});
    INFO(first.err);
    REQUIRE(first.code == 0);
    const auto found =
        rows(place,
             "SELECT judgement.step, images, confidence BETWEEN 0.5 AND 1 AS sure, spread BETWEEN 1 AND 2 AS several,"
             " judge_id = (SELECT trial_id FROM sides ORDER BY test_loss LIMIT 1) AS best FROM judgement"
             " JOIN rivals USING (trial_id) ORDER BY judgement.step");
    REQUIRE(found.size() == 3);
    for (int i = 0; i < 3; ++i) {
        INFO(found[i]);
        CHECK(found[i].at("step") == 4 * (i + 1));
        CHECK(found[i].at("images") == 1000);
        for (const char* holds : {"sure", "several", "best"}) CHECK(found[i].at(holds) == 1);
    }
    const auto before = rows(place, "SELECT * FROM judgement");
    CHECK(unroll(place, {"run", "rivals.json"}).code == 0);
    CHECK(rows(place, "SELECT * FROM judgement") == before);

    SECTION("a judge that is trained anew judges anew, with the same result") {
        CHECK(unroll(place, {"run", "sides.json", "--fresh"}).code == 0);
        CHECK(value(place, "SELECT count(*) FROM judgement") == 0);
        CHECK(unroll(place, {"run", "rivals.json"}).says("0 trained, 1 already done"));
        CHECK(rows(place, "SELECT * FROM judgement") == before);
    }
}

TEST_CASE("without a judge the rest is done, and told") {
    const Gallery place;
    place.put_generator("sides");
    const Ended run = unroll(place, {"run", "rivals.json"});
    CHECK(run.code == 0);
    CHECK(run.says("note: rivals: no image is judged: results/unroll.db has no experiment 'sides'; run that manifest"));
    CHECK(value(place, "SELECT count(*) FROM sample WHERE kind = 'image'") == 1);

    const Ended grid = unroll(place, {"sample", "1", "--seed", "5"});
    CHECK(grid.out.starts_with("\x89PNG"));
    const Ended refused = unroll(place, {"sample", "1", "--temperature", "0.5"});
    CHECK(refused.code == 2);
    CHECK(
        refused.says("--temperature: does not apply to trial 1: images are generated from random noise\n  expected: "
                     "--seed or --at"));
}

TEST_CASE("a judge of something else is refused before anything is run") {
    const Gallery place;
    place.put("tiny.json", Manifest());
    REQUIRE(unroll(place, {"run", "tiny.json", "--quiet"}).code == 0);
    place.put_generator("tiny");
    const Ended run = unroll(place, {"run", "rivals.json"});
    CHECK(run.code == 2);
    CHECK(run.says("rivals: sampling.judge: 'tiny', whose trial 1 is not a classifier of 4-pixel images"));
    CHECK(value(place, "SELECT count(*) FROM experiment") == 1);
}

TEST_CASE("texts have no judge") {
    const Gallery place;
    Manifest manifest;
    manifest.sampling = R"({ "sampler": { "plugin": "greedy" }, "prompt": "the ", "judge": "sides" })";
    place.put("tiny.json", manifest);
    const Ended run = unroll(place, {"run", "tiny.json"});
    CHECK(run.code == 2);
    CHECK(run.says("sampling.judge"));
}

TEST_CASE("a page shows grids of generated images as pictures") {
    const Gallery place;
    place.put_generator("nobody");
    REQUIRE(unroll(place, {"run", "rivals.json", "--quiet"}).code == 0);
    REQUIRE(unroll(place, {"report", "rivals"}).code == 0);
    check_in_browser("images.py", {place.path() / "rivals.html", place.path() / "results/unroll.db"});
}

TEST_CASE("images that tasks elsewhere have made are judged when all shards are in") {
    const Gallery place;
    place.put_classifier();
    place.put_generator("sides");
    REQUIRE(unroll(place, {"run", "sides.json", "--quiet"}).code == 0);
    const Ended ended = unroll(place, {"run", "rivals.json", "--launcher", "local", "--quiet"});
    INFO(ended.err);
    CHECK(ended.code == 0);
    CHECK(value(place, "SELECT count(*) FROM judgement") == 3);
}
