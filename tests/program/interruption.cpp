// Runs that are cut off, gently or not, end with the bits of one that was not.
#include <random>

#include "catch.h"
#include "program.h"

namespace {

using namespace std::chrono_literals;

/// Two trials of a second or so, with everything that could get lost on the way.
Manifest long_run() {
    Manifest manifest;
    manifest.cell = R"({ "plugin": "lstm", "hidden": 24, "layers": 2, "dropout": 0.2 })";
    manifest.training = R"({ "sequence_length": 16, "batch": 8, "steps": 900, "windows": "streams", "log_every": 7,
        "optimizer": { "name": "sgd", "learning_rate": 0.1, "momentum": 0.9 }, "clip": 5,
        "evaluate_every": 45, "checkpoint_every": 15 })";
    manifest.sampling =
        R"({ "sampler": { "plugin": "temperature" }, "temperature": [0.5, 1], "length": 30, "prompt": "the ", "every": 300 })";
    manifest.more = R"("about": "to be cut off")";
    manifest.sweep = R"({ "seed": [1, 2] })";
    return manifest;
}

std::set<std::string> checkpoints(const TemporaryFolder& place) {
    std::set<std::string> files;
    for (const std::string& file : files_in(place / "results/unroll.db.d"))
        if (file.find(".safetensors") != std::string::npos) files.insert(file);
    return files;
}

/// What an uninterrupted run comes to.
const std::string& uninterrupted() {
    static const std::string all = [] {
        const Workplace place;
        place.put("long.json", long_run());
        const Ended run = unroll(place, {"run", "long.json", "--jobs", "2"});
        if (run.code != 0) throw std::runtime_error(run.err);
        return promised(place, "results/unroll.db");
    }();
    return all;
}

}  // namespace

TEST_CASE("Ctrl-C ends a run in good order, and the next one goes on") {
    const Workplace place;
    place.put("long.json", long_run());
    Process first(place.path(), {"run", "long.json", "--jobs", "1"});
    REQUIRE(wait_until([&] { return !checkpoints(place).empty(); }));
    first.signal(SIGINT);
    const Ended cut = first.wait();
    INFO(cut.err);
    CHECK(cut.code == 130);
    CHECK(cut.says("1 interrupted"));
    const auto left = files_in(place / "results");
    CHECK_FALSE(left.contains("unroll.db-wal"));
    CHECK_FALSE(left.contains("unroll.db-shm"));
    CHECK_FALSE(left.contains("unroll.db.lock"));
    const auto trials = rows(place, "SELECT status, step FROM trial ORDER BY status");
    REQUIRE(trials.size() == 2);
    CHECK(trials[0].at("status") == "interrupted");
    CHECK(trials[0].at("step").to_number<int>() > 0);
    CHECK(trials[1].at("status") == "queued");
    // It stopped after the step, with a checkpoint of that step.
    CHECK(value(place, "SELECT max(step) FROM checkpoint") == trials[0].at("step"));

    const Ended verified = unroll(place, {"verify", "1"});
    CHECK(verified.code == 2);
    CHECK(verified.says("a finished or diverged trial"));

    const Ended second = unroll(place, {"run", "long.json"});
    INFO(second.err);
    CHECK(second.code == 0);
    CHECK(second.says("2 trained, 0 already done, 12 samples generated"));
    CHECK(value(place, "SELECT count(*) FROM attempt WHERE from_step > 0") == 1);
    CHECK(promised(place, "results/unroll.db") == uninterrupted());
}

TEST_CASE("a second Ctrl-C stops at once, within a step") {
    const Workplace place;
    Manifest manifest;
    manifest.cell = R"({ "plugin": "rnn", "hidden": 1024, "layers": 4 })";
    manifest.training = R"({ "sequence_length": 256, "batch": 32, "steps": 3 })";  // a step takes several seconds
    place.put("slow.json", manifest);
    Process run(place.path(), {"run", "slow.json"});
    REQUIRE(wait_until([&] {
        return unroll(place, {"sql", "SELECT 1 FROM trial WHERE status = 'running'", "--format", "csv"}).out ==
               "1\n1\n";
    }));
    run.signal(SIGINT);
    std::this_thread::sleep_for(100ms);
    REQUIRE_FALSE(run.has_ended());
    run.signal(SIGINT);
    const Ended ended = run.wait();
    CHECK(ended.code == 130);
    CHECK_FALSE(ended.says("interrupted"));  // nobody waited for the step to end
    CHECK(value(place, "SELECT status FROM trial") == "running");
    CHECK(value(place, "SELECT count(*) FROM metric") == 0);

    Process next(place.path(), {"run", "slow.json", "--set", "cell.hidden=8", "--set", "training.steps=2"});
    const Ended other = next.wait();
    INFO(other.err);
    CHECK(other.code == 0);
    CHECK(value(place, "SELECT count(*) FROM trial WHERE status = 'interrupted'") == 1);
}

TEST_CASE("a run that is killed ten times ends with the same bits") {
    const Workplace place;
    place.put("long.json", long_run());
    std::mt19937 random(20240229);
    int killed = 0;
    for (int round = 0; round < 10; ++round) {
        // Some checkpoints after it has begun, and then some moment: in a step, a checkpoint or a transaction.
        const std::size_t checkpoints_more = random() % 4;
        const auto moment = std::chrono::microseconds(random() % 8000);
        std::set<std::string> seen = checkpoints(place);
        const std::size_t before = seen.size();
        Process run(place.path(), {"run", "long.json", "--jobs", "2"});
        REQUIRE(wait_until([&] {
            seen.merge(checkpoints(place));
            return seen.size() >= before + checkpoints_more || run.has_ended();
        }));
        if (checkpoints_more == 0) std::this_thread::sleep_for(moment * 10);  // while it begins
        std::this_thread::sleep_for(moment);
        run.signal(SIGKILL);
        killed += run.wait().code == -SIGKILL;
    }
    CHECK(killed == 10);
    const Ended last = unroll(place, {"run", "long.json"});
    INFO(last.err);
    REQUIRE(last.code == 0);
    CHECK(promised(place, "results/unroll.db") == uninterrupted());
    for (const std::string& file : files_in(place / "results")) {
        INFO(file);
        CHECK((file.find("unroll.db-") == std::string::npos && file.find(".lock") == std::string::npos));
        CHECK((file.find('.', 12) == std::string::npos || file.ends_with(".safetensors")));
    }
    CHECK(checkpoints(place).size() == std::size_t(value(place, "SELECT count(*) FROM checkpoint").to_number<int>()));
}
