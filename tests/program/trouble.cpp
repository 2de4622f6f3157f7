// What one trial does to the process costs one trial, and what the machine does costs none.
#include <sys/resource.h>

#include "catch.h"
#include "program.h"

namespace {

using namespace std::chrono_literals;

const std::string plugins =
    (std::filesystem::path(UNROLL_PROGRAM).parent_path() / "tests/fixtures/plugins/trouble").string();

/// A trial with a fault, among two that are sound.
Manifest with_fault(const std::string& fault, const std::string& where = "forward", int after = 12) {
    Manifest manifest;
    manifest.sampling = "";
    manifest.sweep =
        R"({ "trial": { "first": { "seed": 1 }, "bad": { "cell": { "plugin": "fixture-trouble", "hidden": 64, "fault": ")" +
        fault + R"(", "where": ")" + where + R"(", "after": )" + std::to_string(after) +
        R"( } }, "last": { "seed": 3 } } })";
    return manifest;
}

Ended run(const TemporaryFolder& place, Words more = {}) {
    Words words{"run", "m.json", "--plugin-path", plugins, "--jobs", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return unroll(place, words);
}

std::string of_bad(const TemporaryFolder& place, const std::string& column) {
    const auto found = value(place, "SELECT " + column + " FROM trial WHERE cell = 'fixture-trouble'");
    return found.is_null()     ? "NULL"
           : found.is_string() ? std::string(found.as_string())
                               : boost::json::serialize(found);
}

std::int64_t sound(const TemporaryFolder& place) {
    return value(place, "SELECT count(*) FROM trial WHERE cell = 'lstm' AND status = 'finished'")
        .to_number<std::int64_t>();
}

}  // namespace

TEST_CASE("what a plugin throws fails its trial, whatever it is") {
    for (const char* fault : {"error", "int", "domain", "rounding"}) {
        INFO(fault);
        const Workplace place;
        place.put("m.json", with_fault(fault));
        const Ended ended = run(place);
        INFO(ended.err);
        CHECK(ended.code == 1);
        CHECK(sound(place) == 2);
        CHECK(of_bad(place, "status") == "failed");
        CHECK(of_bad(place, "cause") == "trial");
        CHECK(of_bad(place, "error").size() > 3);
        const Ended again = run(place);  // it is left alone
        CHECK(again.says("--retry-failed"));
        CHECK(value(place, "SELECT count(*) FROM attempt") == 3);
    }
}

TEST_CASE("what the machine causes is tried again by the next run") {
    for (const char* fault : {"bad_alloc", "disk"}) {
        INFO(fault);
        const Workplace place;
        place.put("m.json", with_fault(fault));
        const Ended ended = run(place);
        INFO(ended.err);
        CHECK(ended.code == 1);
        CHECK(ended.says("1 to be tried again"));
        CHECK(sound(place) == 2);
        CHECK(of_bad(place, "status") == "interrupted");
        CHECK(of_bad(place, "cause") == "machine");
        run(place);
        CHECK(value(place, "SELECT count(*) FROM attempt WHERE cause = 'machine'") == 2);
    }
}

TEST_CASE("a maker that throws in the middle leaves its word") {
    const Workplace place;
    place.put("m.json", with_fault("int", "maker", 1));
    // Planning makes the cell as often as it needs to; the trial comes after that.
    for (int made = 1; made < 12; ++made) {
        place.put("m.json", with_fault("int", "maker", made));
        const Ended ended = run(place, {"--db", std::to_string(made) + ".db"});
        if (ended.code == 2) continue;
        INFO(ended.err);
        const std::string database = std::to_string(made) + ".db";
        CHECK(ended.code == 1);
        CHECK(value(place, "SELECT status || cause FROM trial WHERE cell = 'fixture-trouble'", database) ==
              "failedtrial");
        CHECK(value(place, "SELECT count(*) FROM trial WHERE status = 'finished'", database) == 2);
        return;
    }
    FAIL("no trial was reached");
}

TEST_CASE("a trial that brings the program down is set aside by the next run, and the rest runs") {
    struct Way {
        const char *fault, *word;
    };
    for (const Way way : {Way{"segfault", "SIGSEGV"}, Way{"abort", "SIGABRT"}, Way{"exit", "exit(0)"}}) {
        INFO(way.fault);
        const Workplace place;
        place.put("m.json", with_fault(way.fault));
        const Ended first = run(place);
        INFO(first.err);
        CHECK(first.code != 0);
        CHECK(first.says("a trial has crashed the program"));
        CHECK(sound(place) < 2);
        const Ended second = run(place);
        INFO(second.err);
        CHECK(second.code == 1);
        CHECK(sound(place) == 2);
        CHECK(of_bad(place, "status") == "failed");
        CHECK(of_bad(place, "cause") == "crash");
        CHECK(of_bad(place, "error").find(way.word) != std::string::npos);
        CHECK(value(place, "SELECT count(*) FROM attempt WHERE cause = 'crash'") == 2);
        CHECK(files_in(place / "results").contains("unroll.db.crash") == false);
        CHECK(run(place).code == 1);  // failed, and left alone
        CHECK(value(place, "SELECT count(*) FROM attempt WHERE cause = 'crash'") == 2);
    }
}

TEST_CASE("in a process of its own, a crash costs one trial") {
    struct Way {
        const char *fault, *status, *cause;
    };
    for (const Way way :
         {Way{"segfault", "failed", "crash"}, Way{"_exit", "failed", "crash"}, Way{"kill", "interrupted", "machine"},
          Way{"int", "failed", "trial"}, Way{"disk", "interrupted", "machine"}}) {
        INFO(way.fault);
        const Workplace place;
        place.put("m.json", with_fault(way.fault));
        const Ended ended = run(place, {"--isolate"});
        INFO(ended.err);
        CHECK(ended.code == 1);
        CHECK(sound(place) == 2);
        CHECK(of_bad(place, "status") == way.status);
        CHECK(of_bad(place, "cause") == way.cause);
    }
}

TEST_CASE("a hang ends with the time limit, and too much memory with the memory limit") {
    {
        const Workplace place;
        place.put("m.json", with_fault("hang"));
        const Ended ended = run(place, {"--isolate", "--set", "training.time_limit=1"});
        INFO(ended.err);
        CHECK(ended.code == 1);
        CHECK(sound(place) == 2);
        CHECK(of_bad(place, "cause") == "time_limit");
    }
    const Workplace place;
    place.put("m.json", with_fault("eat"));
    const Ended ended = run(place, {"--isolate", "--set", R"(training.memory_limit="500MB")"});
    INFO(ended.err);
    CHECK(ended.code == 1);
    CHECK(sound(place) == 2);
    CHECK(of_bad(place, "cause") == "memory_limit");
    CHECK(of_bad(place, "error").find("500 MB") != std::string::npos);
}

TEST_CASE("a time limit ends a trial after its step, and a higher one goes on from there") {
    const Workplace place;
    Manifest manifest;
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 1000000000, "evaluate_every": "end" })";
    manifest.sampling = "";
    place.put("m.json", manifest);
    for (const Words& way : {Words{}, Words{"--isolate"}}) {
        Words limited = way;
        limited.insert(limited.end(), {"--db", way.empty() ? "threads.db" : "processes.db", "--as", "limited", "--set",
                                       "training.time_limit=0.5"});
        const std::string database = way.empty() ? "threads.db" : "processes.db";
        const Ended ended = run(place, limited);
        INFO(ended.err);
        CHECK(ended.code == 1);
        CHECK(value(place, "SELECT status || ' ' || cause FROM trial", database) == "failed time_limit");
        CHECK(value(place, "SELECT bound FROM attempt", database).to_number<double>() == 0.5);
        CHECK(value(place, "SELECT max(checkpoint.step) = trial.step FROM checkpoint, trial", database) == 1);
        CHECK(run(place, limited).says("failed before"));
        CHECK(value(place, "SELECT count(*) FROM attempt", database) == 1);
        limited.back() = "training.time_limit=0.6";
        run(place, limited);
        CHECK(value(place, "SELECT count(*) FROM attempt WHERE from_step > 0", database) == 1);
    }
}

TEST_CASE("processes give the rows of threads, interrupted or not") {
    const Workplace place;
    Manifest manifest;
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 400, "log_every": 10, "evaluate_every": 50,
        "checkpoint_every": 20, "windows": "streams", "optimizer": { "name": "sgd", "learning_rate": 0.1, "momentum": 0.9 } })";
    manifest.sampling =
        R"({ "sampler": { "plugin": "temperature" }, "temperature": [0.5, 1], "length": 20, "prompt": "the ", "every": 200 })";
    manifest.cell = R"({ "plugin": "gru", "hidden": 8, "dropout": 0.1 })";
    manifest.sweep = R"({ "seed": [1, 2, 3] })";
    place.put("m.json", manifest);
    CHECK(unroll(place, {"run", "m.json", "--jobs", "2", "--db", "threads.db"}).code == 0);
    const Ended isolated = unroll(place, {"run", "m.json", "--jobs", "2", "--isolate", "--db", "processes.db"});
    INFO(isolated.err);
    CHECK(isolated.code == 0);
    CHECK(promised(place, "processes.db") == promised(place, "threads.db"));
    CHECK(value(place, "SELECT count(DISTINCT pid) FROM attempt", "processes.db") == 3);

    Process cut(place.path(), {"run", "m.json", "--jobs", "2", "--isolate", "--db", "cut.db"});
    REQUIRE(wait_until([&] { return files_in(place / "cut.db.d").size() > 4 || cut.has_ended(); }));
    cut.signal(SIGINT);
    const Ended first = cut.wait();
    INFO(first.err);
    CHECK((first.code == 130 || first.code == 0));
    if (first.code == 130) CHECK(value(place, "SELECT count(*) FROM trial WHERE status = 'running'", "cut.db") == 0);
    CHECK(unroll(place, {"run", "m.json", "--isolate", "--db", "cut.db"}).code == 0);
    CHECK(promised(place, "cut.db") == promised(place, "threads.db"));
}

TEST_CASE("when the program is killed, the processes of its trials end") {
    const Workplace place;
    Manifest manifest;
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 1000000000, "evaluate_every": "end" })";
    manifest.sampling = "";
    place.put("m.json", manifest);
    Process run(place.path(), {"run", "m.json", "--isolate"});
    std::int64_t child = 0;
    REQUIRE(wait_until([&] {
        const Ended asked = unroll(place, {"sql", "SELECT pid FROM attempt", "--format", "csv"});
        if (asked.code == 0 && asked.out.size() > 5) child = std::stoll(asked.out.substr(asked.out.find('\n') + 1));
        return child > 0;
    }));
    REQUIRE(::kill(static_cast<pid_t>(child), 0) == 0);
    run.signal(SIGKILL);
    run.wait();
    CHECK(wait_until([&] { return ::kill(static_cast<pid_t>(child), 0) != 0; }));
}

TEST_CASE("a sampler that fails takes no training's losses away") {
    for (const char* fault : {"error", "domain", "int"}) {
        INFO(fault);
        const Workplace place;
        Manifest manifest;
        manifest.sampling = R"({ "sampler": { "plugin": "fixture-bad-sampler", "fault": ")" + std::string(fault) +
                            R"(" }, "length": 5, "prompt": "the ", "every": 10 })";
        place.put("m.json", manifest);
        const Ended ended = run(place);
        INFO(ended.err);
        CHECK(ended.code == 1);
        CHECK(ended.says("1 without all samples"));
        CHECK(value(place, "SELECT status FROM trial") == "finished");
        CHECK(value(place, "SELECT validation_loss IS NOT NULL AND error IS NULL FROM trial") == 1);
        CHECK(value(place, "SELECT error IS NOT NULL FROM attempt") == 1);
        CHECK(run(place).says("1 without all samples"));  // tried again, without training
        CHECK(value(place, "SELECT count(*) FROM attempt") == 1);
        manifest.sampling = "";
        place.put("m.json", manifest);
        CHECK(run(place).code == 0);
    }
    const Workplace place;  // a crash, too
    Manifest manifest;
    manifest.sampling =
        R"({ "sampler": { "plugin": "fixture-bad-sampler", "fault": "abort" }, "length": 5, "prompt": "the " })";
    place.put("m.json", manifest);
    CHECK(run(place).code == -SIGABRT);
    CHECK(value(place, "SELECT status FROM trial") == "finished");
    const Ended second = run(place);
    INFO(second.err);
    CHECK(second.code == 1);
    CHECK(second.says("SIGABRT"));
    CHECK(value(place, "SELECT validation_loss IS NOT NULL FROM trial") == 1);
}

TEST_CASE("a prompt of no tokens is refused before anything is trained") {
    const Workplace place;
    Manifest manifest;
    manifest.dataset = R"({ "plugin": "text", "path": "harbour.txt", "unit": "word" })";
    manifest.sampling = R"({ "sampler": { "plugin": "temperature" }, "length": 20, "prompt": " " })";
    place.put("m.json", manifest);
    for (const char* command : {"check", "run"}) {
        const Ended ended = unroll(place, {command, "m.json"});
        INFO(ended.err);
        CHECK(ended.code == 2);
        CHECK(ended.says("no token"));
    }
    CHECK(files_in(place.path()).count("results/unroll.db") == 0);
}

TEST_CASE("a plan that does not fit into memory is told, and not run") {
    const Workplace place;
    Manifest manifest;
    manifest.cell = R"({ "plugin": "rnn", "hidden": 900000 })";
    manifest.sampling = "";
    place.put("wide.json", manifest);
    for (const char* command : {"plan", "check"}) {
        const Ended ended = unroll(place, {command, "wide.json"});
        INFO(ended.err << ended.out);
        CHECK(ended.code == 0);
        CHECK(ended.prints("memory: the largest trial would take about"));
        CHECK(ended.prints("weights and gradient"));
    }
    const Ended ended = unroll(place, {"run", "wide.json"});
    INFO(ended.err);
    CHECK(ended.code == 2);
    CHECK(ended.says("memory: the largest trial would take about"));
}
