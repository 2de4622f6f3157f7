// Lost and damaged checkpoints, files that a store names and that are not its own, and what else happens to a store.
#include <sys/stat.h>

#include "catch.h"
#include "program.h"

namespace {

namespace fs = std::filesystem;

Manifest short_one() {
    Manifest manifest;
    manifest.training =
        R"({ "sequence_length": 8, "batch": 4, "steps": 12, "evaluate_every": 4, "keep_checkpoints": 9 })";
    return manifest;
}

class Finished : public Workplace {
public:
    Finished() {
        put("tiny.json", short_one());
        const Ended run = unroll(*this, {"run", "tiny.json", "--quiet"});
        if (run.code != 0) throw std::runtime_error(run.err);
    }

    fs::path checkpoint(const std::string& step) const {
        for (const auto& entry : fs::recursive_directory_iterator(*this / "results/unroll.db.d"))
            if (entry.path().filename() == step + ".safetensors") return entry.path();
        throw std::runtime_error("no checkpoint of step " + step);
    }
    Ended more_samples(Words words = {}) const {
        Words all{"run", "tiny.json", "--quiet", "--set", "sampling.temperature=[0.5,1,1.5]", "--as", "tiny"};
        all.insert(all.end(), words.begin(), words.end());
        return unroll(*this, all);
    }
};

/// One bit of a weight.
void flip_a_bit(const fs::path& file) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(-41, std::ios::end);
    const char byte = static_cast<char>(stream.get() ^ 4);
    stream.seekp(-41, std::ios::end);
    stream.put(byte);
}

}  // namespace

TEST_CASE("one flipped bit is found by whoever reads a checkpoint") {
    const Finished place;
    const std::string before = promised(place, "results/unroll.db");
    flip_a_bit(place.checkpoint("12"));
    const Ended sample = unroll(place, {"sample", "1", "--prompt", "the "});
    CHECK(sample.code == 2);
    CHECK(sample.says("12.safetensors: changed since: SHA-256"));
    CHECK(sample.says("--remeasure"));
    CHECK(sample.out.empty());
    CHECK(unroll(place, {"sample", "1", "--prompt", "the ", "--at", "8"}).code == 0);

    const Ended run = place.more_samples();
    CHECK(run.code == 1);
    CHECK(run.says("trial 1: its checkpoint of step 12 cannot be used"));
    CHECK(run.says("--remeasure trains it again"));
    CHECK(promised(place, "results/unroll.db") == before);  // nothing was made of it
    CHECK(value(place, "SELECT status FROM trial") == "finished");

    // The way out that is told.
    const Ended again = place.more_samples({"--remeasure"});
    INFO(again.err);
    CHECK(again.code == 0);
    CHECK(value(place, "SELECT count(*) FROM sample") == 3);
    CHECK(unroll(place, {"sample", "1", "--prompt", "the "}).code == 0);
    CHECK(unroll(place, {"verify", "1"}).code == 0);
}

TEST_CASE("a folder of checkpoints that was deleted is no dead end") {
    const Finished place;
    fs::remove_all(place / "results/unroll.db.d");
    const Ended sample = unroll(place, {"sample", "1", "--prompt", "the "});
    CHECK(sample.code == 2);
    CHECK(sample.says("no such file"));
    CHECK(sample.says("unroll run tiny.json --remeasure"));
    const Ended run = place.more_samples();
    CHECK(run.code == 1);
    CHECK(run.says("no such file"));
    CHECK(run.says("--remeasure trains it again"));
    SECTION("trained again for what is missing") {
        CHECK(place.more_samples({"--remeasure"}).code == 0);
        CHECK(value(place, "SELECT count(*) FROM sample") == 3);
    }
    SECTION("with nothing missing but the checkpoints") {
        CHECK(unroll(place, {"run", "tiny.json", "--quiet", "--remeasure"}).code == 0);
        CHECK(unroll(place, {"sample", "1", "--prompt", "the "}).code == 0);
    }
    SECTION("trained anew") {
        CHECK(place.more_samples({"--fresh"}).code == 0);
        CHECK(value(place, "SELECT count(*) FROM sample") == 3);
    }
}

TEST_CASE("training goes on from the checkpoint before a damaged one") {
    const Workplace place;
    Manifest manifest = short_one();
    manifest.training =
        R"({ "sequence_length": 8, "batch": 4, "steps": 100000, "evaluate_every": 100, "keep_checkpoints": 9 })";
    place.put("tiny.json", manifest);
    {
        Process run(place.path(), {"run", "tiny.json", "--jobs", "1"});
        const auto checkpoints = [&] {
            const auto files = files_in(place / "results");
            return std::count_if(files.begin(), files.end(),
                                 [](const std::string& file) { return file.ends_with(".safetensors"); });
        };
        REQUIRE(wait_until([&] { return checkpoints() > 1; }));
        run.signal(SIGINT);
        REQUIRE(run.wait().code == 130);
    }
    const auto kept = rows(place, "SELECT path, step FROM checkpoint ORDER BY step DESC");
    REQUIRE(kept.size() > 1);
    flip_a_bit(place / "results" / std::string(kept[0].as_object().at("path").as_string()));
    Process run(place.path(), {"run", "tiny.json", "--jobs", "1"});
    REQUIRE(wait_until([&] { return value(place, "SELECT count(*) FROM attempt") == 2; }));
    CHECK(value(place, "SELECT from_step FROM attempt WHERE number = 2") == kept[1].as_object().at("step"));
    run.signal(SIGINT);
    const Ended ended = run.wait();
    CHECK(ended.says("cannot be used"));
}

TEST_CASE("a store's paths lead nowhere else") {
    const Finished place;
    place.write("precious.txt", "kept");
    const std::string path = "results/unroll.db";
    const auto point_to = [&](const std::string& file) {
        // As a stranger would have written it.
        const std::string command = "python3 -c \"import sqlite3; c = sqlite3.connect('" + (place / path).string() +
                                    "'); c.execute('UPDATE checkpoint SET path = ?', ('" + file + "',)); c.commit()\"";
        REQUIRE(std::system(command.c_str()) == 0);
    };
    for (const std::string& file : {std::string("../precious.txt"), (place / "precious.txt").string(),
                                    std::string("unroll.db.d/../../precious.txt")}) {
        point_to(file);
        CHECK(unroll(place, {"sample", "1", "--prompt", "the "}).code == 2);
        CHECK(place.more_samples().code == 1);
        CHECK(unroll(place, {"prune", "tiny", "--yes"}).code == 0);
        CHECK(content_of(place / "precious.txt") == "kept");
        CHECK(unroll(place, {"run", "tiny.json", "--quiet", "--fresh"}).code == 0);
        CHECK(content_of(place / "precious.txt") == "kept");
    }
}

TEST_CASE("files are made with the user's umask") {
    const Workplace place;
    place.put("tiny.json", short_one());
    const mode_t before = ::umask(0027);
    const Ended run = unroll(place, {"run", "tiny.json", "--quiet"});
    ::umask(before);
    REQUIRE(run.code == 0);
    for (const auto& entry : fs::recursive_directory_iterator(place / "results")) {
        INFO(entry.path());
        const auto mode = entry.status().permissions() & fs::perms::mask;
        CHECK(mode == (entry.is_directory() ? fs::perms(0750) : fs::perms(0640)));
    }
}
