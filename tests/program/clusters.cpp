// Runs in tasks of their own: with processes of this machine, and what is said where Slurm says no.
#include <sys/stat.h>

#include <cstdlib>

#include "catch.h"
#include "program.h"

namespace {

namespace fs = std::filesystem;

/// Two kinds of cell, two seeds; long enough to be met in the middle with `steps` of some thousand.
Manifest small_sweep(int steps) {
    Manifest manifest;
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": )" + std::to_string(steps) +
                        R"(, "log_every": 50, "evaluate_every": 100, "checkpoint_every": 40 })";
    manifest.sweep = R"({ "cell.plugin": ["lstm", "gru"], "seed": [1, 2] })";
    manifest.more = R"("expect": { "all": "SELECT sum(status = 'finished') = 4 FROM result" })";
    return manifest;
}

const Words with_local_tasks{"run", "tiny.json", "--launcher", "local", "--db", "cluster.db"};

Words launched(Words more) {
    Words words = with_local_tasks;
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

/// While it lives, programs of these names are found in PATH, each a shell script, and nothing else is.
class FakePrograms {
public:
    FakePrograms(const TemporaryFolder& folder, const std::vector<std::pair<std::string, std::string>>& scripts)
        : before_(std::getenv("PATH")) {
        fs::create_directories(folder.path() / "bin");
        for (const auto& [name, script] : scripts) {
            folder.write("bin/" + name, "#!/bin/sh\n" + script);
            ::chmod((folder.path() / "bin" / name).c_str(), 0755);
        }
        ::setenv("PATH", (folder.path() / "bin").c_str(), 1);
    }
    ~FakePrograms() { ::setenv("PATH", before_.c_str(), 1); }
    FakePrograms(const FakePrograms&) = delete;
    FakePrograms& operator=(const FakePrograms&) = delete;

private:
    const std::string before_;
};

const Words with_slurm{"run", "tiny.json", "--launcher", "slurm", "--run-folder", "run"};

std::size_t count_files(const fs::path& folder) {
    std::size_t count = 0;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) ++count;
    return count;
}

const std::string config = "echo 'MaxArraySize = 1001'\n";

}  // namespace

TEST_CASE("tasks give what one process gives, to the last bit, and are asked for once") {
    const Workplace folder;
    folder.put("tiny.json", small_sweep(200));
    REQUIRE(unroll(folder, {"run", "tiny.json", "--quiet"}).code == 0);
    const Ended run = unroll(folder, launched({"--nodes-at-most", "2"}));
    INFO(run.err);
    CHECK(run.code == 0);
    CHECK(run.says("4 trials in 2 tasks of 1 core submitted (local)"));
    CHECK(run.says("4 trained, 0 already done"));
    CHECK(promised(folder, "cluster.db") == promised(folder, "results/unroll.db"));
    CHECK(rows(folder, "SELECT step, is_last, is_best, is_scheduled FROM checkpoint ORDER BY trial_id, step",
               "cluster.db") ==
          rows(folder, "SELECT step, is_last, is_best, is_scheduled FROM checkpoint ORDER BY trial_id, step"));
    CHECK(count_files(folder.path() / "cluster.db.runs/tiny/done") == 4);
    const Ended again = unroll(folder, launched({}));
    CHECK(again.code == 0);
    CHECK(again.says("0 trained, 4 already done"));
    CHECK(count_files(folder.path() / "cluster.db.runs/tiny/attempts") == 2);
    const Ended status = unroll(folder, {"status", "tiny", "--db", "cluster.db"});
    CHECK(status.code == 0);
    CHECK(status.prints("4 trials done, 0 begun, 0 waiting"));
    // By hand as well: shards are stores.
    CHECK(unroll(folder, {"check", "cluster.db.runs/tiny/attempts/0.0/shard.db"}).code == 0);
}

TEST_CASE("workers that are killed are begun again, and go on from what they published") {
    const Workplace folder;
    folder.put("tiny.json", small_sweep(10000));
    REQUIRE(unroll(folder, {"run", "tiny.json", "--quiet"}).code == 0);
    Process run(folder.path(), launched({"--nodes-at-most", "2"}));
    const fs::path attempts = folder.path() / "cluster.db.runs/tiny/attempts";
    REQUIRE(wait_until([&] { return fs::exists(attempts / "0.0/shard.db") && fs::exists(attempts / "1.0/shard.db"); }));
    const auto process_of = [&](const char* attempt) {
        return boost::json::parse(content_of(attempts / attempt / "worker.json")).at("pid").to_number<int>();
    };
    ::kill(process_of("0.0"), SIGKILL);
    ::kill(process_of("1.0"), SIGTERM);  // as a scheduler does; nobody starts it again but who follows the run
    const Ended ended = run.wait();
    INFO(ended.err);
    CHECK(ended.code == 0);
    CHECK(fs::exists(attempts / "0.1"));
    CHECK(content_of(attempts / "0.0/end.json").find("\"signal\":9") != std::string::npos);
    CHECK(content_of(attempts / "1.0/end.json").find("\"orderly\":true") != std::string::npos);
    CHECK(promised(folder, "cluster.db") == promised(folder, "results/unroll.db"));
}

TEST_CASE("detached, cancelled, and gone on with in one process") {
    const Workplace folder;
    folder.put("tiny.json", small_sweep(20000));
    const Ended detached = unroll(folder, launched({"--detach", "--nodes-at-most", "2"}));
    INFO(detached.err);
    REQUIRE(detached.code == 0);
    CHECK(detached.says("unroll status"));
    const fs::path attempts = folder.path() / "cluster.db.runs/tiny/attempts";
    REQUIRE(wait_until([&] { return fs::exists(attempts / "0.0/shard.db"); }));
    CHECK(unroll(folder, {"status", "tiny", "--db", "cluster.db"}).prints("runs"));
    const Ended cancelled = unroll(folder, {"cancel", "tiny", "--db", "cluster.db"});
    CHECK(cancelled.code == 0);
    REQUIRE(wait_until([&] { return fs::exists(attempts / "0.0/end.json") && fs::exists(attempts / "1.0/end.json"); }));
    CHECK(content_of(attempts / "0.0/end.json").find("\"orderly\":true") != std::string::npos);
    // A task counts as running until its process has ended, a moment after it has written how.
    CHECK(wait_until([&] { return unroll(folder, {"status", "tiny", "--db", "cluster.db"}).code == 1; }));
    // Attached for a moment: what was done is in the store, and the process at hand goes on from there.
    Process attached(folder.path(), launched({"--detach"}));
    CHECK(attached.wait().code == 0);
    CHECK(value(folder, "SELECT count(*) FROM trial WHERE status = 'interrupted' AND step > 0", "cluster.db") == 2);
    CHECK(unroll(folder, {"cancel", "tiny", "--db", "cluster.db"}).code == 0);
}

TEST_CASE("what a launcher's options mean without one, and the other way round") {
    const Workplace folder;
    folder.put("tiny.json", small_sweep(10));
    for (const Words& words :
         {Words{"run", "tiny.json", "--detach"}, Words{"run", "tiny.json", "--nodes-at-most", "3"},
          Words{"run", "tiny.json", "--kernel-set", "AVX2"}, Words{"run", "tiny.json", "--", "--mem=1G"},
          launched({"--fresh"}), launched({"--jobs", "2"}), launched({"--time", "5"}), launched({"--", "--mem=1G"}),
          launched({"--kernel-set", "avx"}), launched({"--nodes-at-most", "0"}), Words{"status", "nothing"},
          Words{"cancel", "nothing"}, Words{"worker", "."}, Words{"run", "tiny.json", "--launcher", "pbs"}}) {
        const Ended ended = unroll(folder, words);
        INFO(words.back() << ": " << ended.err);
        CHECK(ended.code == 2);
        CHECK(ended.says("expected: "));
        CHECK_FALSE(fs::exists(folder.path() / "results"));
    }
}

TEST_CASE("no Slurm, or one that says no") {
    const Workplace folder;
    folder.put("tiny.json", small_sweep(10));
    {
        const FakePrograms none(folder, {});
        const Ended ended = unroll(folder, with_slurm);
        CHECK(ended.code == 2);
        CHECK(ended.says("no program sbatch in PATH"));
    }
    const FakePrograms programs(folder, {{"sbatch",
                                          "[ \"$1\" = --version ] && exit 0\n"
                                          "echo \"$@\" >>words\n"
                                          "echo 'sbatch: error: invalid account or partition' >&2\nexit 1\n"},
                                         {"scontrol", config},
                                         {"squeue", "exit 0\n"},
                                         {"scancel", "exit 0\n"}});
    Words words = with_slurm;
    for (const char* word : {"--time", "30", "--", "--partition=x y"}) words.push_back(word);
    const Ended ended = unroll(folder, words);
    INFO(ended.err);
    CHECK(ended.code == 2);
    CHECK(ended.says("sbatch: error: invalid account or partition"));
    CHECK(content_of(folder.path() / "words").find("--partition=x y") != std::string::npos);
    CHECK(count_files(folder.path() / "run/todo") == 0);
    CHECK(count_files(folder.path() / "run/attempts") == 0);
}

TEST_CASE("a task starts from the weights of another experiment") {
    const Workplace folder;
    Manifest first;
    first.name = "\"first\"";
    first.sampling.clear();
    Manifest second = first;
    second.name = "\"second\"";
    second.more = R"("start": { "experiment": "first" })";
    folder.put("first.json", first);
    folder.put("second.json", second);
    REQUIRE(unroll(folder, {"run", "first.json", "--quiet"}).code == 0);
    const Ended ended = unroll(folder, {"run", "second.json", "--launcher", "local"});
    INFO(ended.err);
    CHECK(ended.code == 0);
    CHECK(ended.says("weights start from trial"));
    CHECK(value(folder, "SELECT count(*) FROM result WHERE experiment = 'second' AND status = 'finished'") == 1);
}

TEST_CASE("why jobs wait is told in Slurm's words, once it has looked at them") {
    const Workplace folder;
    folder.put("tiny.json", small_sweep(10));
    const FakePrograms programs(folder, {{"sbatch",
                                          "[ \"$1\" = --version ] && exit 0\n"
                                          "case \"$*\" in *--array=*) echo 12 ;; *) echo 11 ;; esac\n"},
                                         {"scontrol", config},
                                         {"squeue", "read reason <reason && echo \"12|0|PENDING|$reason\"\n"},
                                         {"scancel", "exit 0\n"}});
    Words words = with_slurm;
    words.push_back("--detach");
    folder.write("reason", "None\n");
    REQUIRE(unroll(folder, words).code == 0);
    const auto shown = [&](const std::string& reason) {
        folder.write("reason", reason + "\n");
        const Ended status = unroll(folder, {"status", "run"});
        INFO(status.out << status.err);
        CHECK(status.code == 0);
        return status.prints(reason);
    };
    CHECK(shown("JobHeldUser"));
    CHECK(!shown("None"));
}

TEST_CASE("what is submitted, and nodes that do not see the folder") {
    const Workplace folder;
    folder.put("tiny.json", small_sweep(10));
    const FakePrograms programs(folder, {{"sbatch",
                                          "[ \"$1\" = --version ] && exit 0\n"
                                          "echo \"$@\" >>words\n"
                                          "case \"$*\" in *--array=*) echo '12;cluster' ;; *) echo 11 ;; esac\n"},
                                         {"scontrol", "echo 'MaxArraySize            = 2'\n"},
                                         {"squeue", "exit 0\n"},
                                         {"scancel", "exit 0\n"}});
    Words words = with_slurm;
    for (const char* word : {"--time", "1:00:00", "--nodes-at-most", "3", "--cpus-per-task", "1"})
        words.push_back(word);
    const Ended ended = unroll(folder, words);
    INFO(ended.err);
    CHECK(ended.code == 2);
    CHECK(ended.says("in which no node has written anything"));
    const std::string asked = content_of(folder.path() / "words");
    CHECK(asked.find("--nodes=1-3") != std::string::npos);
    CHECK(asked.find("--signal=B:USR1@120") != std::string::npos);
    CHECK(asked.find("--dependency=afterok:11") != std::string::npos);
    CHECK(asked.find("--kill-on-invalid-dep=yes") != std::string::npos);
    CHECK(asked.find("--array=0-1 ") != std::string::npos);  // three tasks are more than an array takes
    CHECK(asked.find("--array=0-0 ") != std::string::npos);
    CHECK(count_files(folder.path() / "run/todo/00000") == 0);
}
