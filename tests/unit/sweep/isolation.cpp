// What trials in processes of their own are made of: assignments as bytes, words left by a crash, memory that there is.
#include <signal.h>

#include <fstream>

#include "catch.h"
#include "small_sweep.h"
#include "sweep/assignment_stream.h"
#include "sweep/child_process.h"
#include "sweep/crash_watch.h"
#include "sweep/memory.h"

using namespace unroll;

namespace {

sweep::Assignment full_assignment() {
    const SmallSweep small;
    sweep::Assignment assignment;
    assignment.fingerprint = small.workload.at(0).row.fingerprint;
    assignment.config = small.workload.at(0).row.config;
    assignment.build = "build";
    assignment.jobs = 3;
    assignment.folder = "/some/folder";
    assignment.sampling = small.workload.at(0).sampling;
    assignment.gradient = small.workload.at(0).gradient;
    assignment.checkpoints = {{9, "/some/9.safetensors", "ab", false, true}, {18, "/some/18.safetensors", "cd", true}};
    assignment.present = {{10, "small-draw", "{}", 0.5, "\"ab\"", 1, 0, 8, "carry"},
                          {10, "small-draw", "{}", {}, "\"ab\"", 1, 1, 8, "carry"}};
    assignment.gradients = {10, 20};
    assignment.unmeasured.emplace_back().text = "a text with\0a zero";
    assignment.evaluate = {{trial::When::Kind::steps, 8}};
    assignment.unevaluated = {{{9, "/some/9.safetensors", "ab"}, {Split::validation, Split::test}, true}};
    assignment.earlier = sweep::EarlierPart{"earlier", {{5, "/other/5.safetensors", "ef"}}};
    assignment.threads = 2;
    assignment.isolated = true;
    assignment.time_limit = 7200;
    assignment.memory_limit = 4e9;
    return assignment;
}

}  // namespace

TEST_CASE("an assignment comes out of its bytes as it went in") {
    const sweep::Assignment assignment = full_assignment();
    const std::string bytes = sweep::to_bytes(assignment);
    const sweep::Assignment read = sweep::assignment_from(bytes);
    CHECK(sweep::to_bytes(read) == bytes);
    CHECK(read.sampling == assignment.sampling);
    CHECK(read.sampling.size() == 4);
    CHECK(read.gradient == assignment.gradient);
    CHECK(read.evaluate == assignment.evaluate);
    CHECK(read.config == assignment.config);
    CHECK(read.present == assignment.present);
    CHECK(read.checkpoints.at(0).is_best);
    CHECK(read.earlier->checkpoints.at(0).step == 5);
    CHECK(read.time_limit == 7200);
    for (std::size_t length = 0; length < bytes.size(); length += 7)
        CHECK_THROWS_AS(sweep::assignment_from(std::string_view(bytes).substr(0, length)), Error);
}

TEST_CASE("an outcome comes out of its bytes as it went in") {
    training::Outcome outcome{trial::TrialStatus::failed, 7, 8, 0.5, 6, "an error", trial::Cause::time_limit, 90.0};
    const training::Outcome read = sweep::outcome_from(sweep::to_bytes(outcome));
    CHECK(read.status == outcome.status);
    CHECK(read.step == 7);
    CHECK(read.diverged_step == 6);
    CHECK(read.error == "an error");
    CHECK(read.cause == trial::Cause::time_limit);
    CHECK(read.bound == 90.0);
}

TEST_CASE("the words that a crash leaves are read once, and nothing else is") {
    const TemporaryFolder folder;
    const auto database = folder.path() / "a.db";
    const std::string fingerprint(64, 'a');
    CHECK(sweep::take_crashes(database).empty());
    folder.write("a.db.crash", fingerprint + " signal 11\nshort signal 6\n" + fingerprint + " exit 0\n");
    const auto crashes = sweep::take_crashes(database);
    REQUIRE(crashes.size() == 2);
    CHECK(crashes[0].fingerprint == fingerprint);
    CHECK(crashes[0].how == "SIGSEGV (Segmentation fault)");
    CHECK(crashes[1].how == "exit(0)");
    CHECK(sweep::take_crashes(database).empty());
    // A link is not followed, whatever it leads to.
    folder.write("other", fingerprint + " signal 11\n");
    std::filesystem::create_symlink(folder.path() / "other", folder.path() / "a.db.crash");
    CHECK(sweep::take_crashes(database).empty());
    CHECK(std::filesystem::exists(folder.path() / "other"));
}

TEST_CASE("a child process is waited for, and killed when that takes too long") {
    {
        sweep::ChildProcess child({"/bin/sh", "-c", "exit 7"});
        CHECK(child.wait(std::chrono::seconds(20)).code == 7);
    }
    {
        sweep::ChildProcess child({"/bin/sh", "-c", "kill -SEGV $$"});
        CHECK(child.wait(std::chrono::seconds(20)).signal == SIGSEGV);
    }
    {
        sweep::ChildProcess child({"/bin/sleep", "1000"});
        CHECK(child.wait(std::chrono::milliseconds(10)).signal == SIGKILL);
    }
    CHECK_THROWS_AS(sweep::ChildProcess({"/no/such/program"}), std::system_error);
}

TEST_CASE("memory is cut to the limit of any control group around this process") {
    const auto limit = [](const TemporaryFolder& folder) {
        return sweep::memory_limit(folder.path() / "groups", folder.path() / "membership", folder.path() / "meminfo");
    };
    const TemporaryFolder folder;
    folder.write("meminfo", "MemTotal:       8000000 kB\nMemFree: 1 kB\nSwapTotal:      2000000 kB\n");
    folder.write("membership", "0::/outer/inner\n3:memory:/box\n");
    CHECK(limit(folder) == 1e7 * 1024);
    folder.write("groups/outer/inner/memory.max", "max\n");
    CHECK(limit(folder) == 1e7 * 1024);
    folder.write("groups/outer/memory.max", "500000000\n");
    CHECK(limit(folder) == 5e8);
    folder.write("groups/memory/box/memory.limit_in_bytes", "9223372036854771712\n");
    CHECK(limit(folder) == 5e8);
    folder.write("groups/memory/box/memory.limit_in_bytes", "400000000\n");
    CHECK(limit(folder) == 4e8);
}

TEST_CASE("as many trials run at once as fit into memory") {
    SmallSweep small;
    std::vector<const sweep::TrialPlan*> trials;
    for (sweep::TrialPlan& trial : small.workload) {
        CHECK(trial.memory.weights > 2.0 * double(trial.row.parameters) * sizeof(float));
        CHECK(trial.memory.optimizer == double(trial.row.parameters) * sizeof(float));  // momentum
        CHECK(trial.memory.activations > 0);
        trial.memory = {};
        trial.memory.weights = 100;
        trials.push_back(&trial);
    }
    small.workload.back().memory.weights = 250;
    const auto at_once = [&](double limit) { return sweep::plan_memory(trials, 3, limit).at_once; };
    CHECK(at_once(1000) == 3);
    CHECK(at_once(449) == 2);
    CHECK(at_once(250) == 1);
    CHECK(at_once(249) == 0);
    const sweep::MemoryPlan plan = sweep::plan_memory(trials, 3, 449);
    CHECK(sweep::memory_note(plan, 449).find("3 trials at once would take about 450 bytes") == 0);
    CHECK(sweep::memory_note(sweep::plan_memory(trials, 3, 450), 450).empty());
    CHECK_NOTHROW(sweep::require_memory(plan, 449));
    CHECK_THROWS_AS(sweep::require_memory(sweep::plan_memory(trials, 3, 249), 249), Error);
}
