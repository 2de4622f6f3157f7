// A run folder: all that a run on several machines has in common, as plain files on a file system that they share
// (docs/run-folder.md). Nothing relies on locks: what two could do at once is a rename or a mkdir, which one of them
// does.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "json/value.h"
#include "unroll/types.h"

namespace unroll::launch {

/// What does not change while tasks are at work.
struct RunPlan {
    std::string name;               ///< of the experiments, joined by '+'
    std::string launcher;           ///< as in --launcher
    std::filesystem::path program;  ///< that the tasks run
    std::string build;              ///< of program and libunroll, as Builds tells it
    std::vector<std::string> plugin_paths;
    std::string kernel_set;  ///< asked for; "": the best that all nodes have
    Size jobs = 1;           ///< threads of a task, and trials that it runs at once
    Size tasks = 0;          ///< that were ever submitted: the next one has this number
    double largest = 0;      ///< bytes that the largest trial takes while it runs
    double beat = 2;         ///< seconds between two signs of life of a worker
    bool isolate = false, remeasure = false, retry_failed = false, fail_fast = false;
    std::vector<json::Value> examples;  ///< trials that a node must be able to make: each dataset, each build, once
};

/// One start of a task: the shard in it is its alone.
struct Attempt {
    Size task = 0, number = 0;

    std::string name() const;  ///< "3.0"
    auto operator<=>(const Attempt&) const = default;
};

/// "3.0" gives it back; none for another text.
std::optional<Attempt> parse_attempt(const std::string& name);

class RunFolder {
public:
    explicit RunFolder(std::filesystem::path root) : root_(std::move(root)) {}

    const std::filesystem::path& root() const { return root_; }
    std::filesystem::path todo() const { return root_ / "todo"; }        ///< TASK/RANK-FINGERPRINT.json
    std::filesystem::path claimed() const { return root_ / "claimed"; }  ///< FINGERPRINT.TASK.ATTEMPT.json
    std::filesystem::path done() const { return root_ / "done"; }        ///< likewise
    std::filesystem::path failed() const { return root_ / "failed"; }    ///< likewise: given up
    std::filesystem::path attempts() const { return root_ / "attempts"; }
    std::filesystem::path attempt(const Attempt& attempt) const { return attempts() / attempt.name(); }
    std::filesystem::path jobs() const { return root_ / "jobs"; }
    std::filesystem::path logs() const { return root_ / "logs"; }
    std::filesystem::path checks() const { return root_ / "checks"; }  ///< FIRST-TASK/HOST.json
    std::filesystem::path seeds() const { return root_ / "seeds"; }
    std::filesystem::path stop_file() const { return root_ / "stop"; }
    std::filesystem::path kernel_set_file() const { return root_ / "kernel-set.json"; }

    /// Makes the folders. Throws Error when that cannot be.
    void make() const;

    void write(const RunPlan& plan) const;
    /// Throws Error for a folder without a plan, and for a plan of another version.
    RunPlan plan() const;
    bool has_plan() const;

    /// The next attempt at a task: its folder is made, and nobody else gets this number. Throws Error.
    Attempt begin_attempt(Size task) const;
    /// Those that were ever begun, in order.
    std::vector<Attempt> all_attempts() const;
    std::vector<Attempt> attempts_at(Size task) const;

    /// How an attempt's process ended, once it has: end.json.
    std::optional<json::Value> end_of(const Attempt& attempt) const;
    /// Whether it ended of its own accord, done or with a checkpoint.
    bool ended_orderly(const Attempt& attempt) const;

private:
    std::filesystem::path root_;
};

/// Where the run of these experiments is when nobody says otherwise: <database>.runs/<name>.
std::filesystem::path default_run_folder(const std::filesystem::path& database, const std::string& name);

/// Names of the files in a folder, sorted; none when it is not there.
std::vector<std::string> names_in(const std::filesystem::path& folder);

}  // namespace unroll::launch
