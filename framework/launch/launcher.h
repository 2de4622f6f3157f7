// What brings tasks to machines. One file for each scheduler: local_launcher.cpp, slurm_launcher.cpp; another one (PBS,
// LSF, a list of hosts) is a class like these and a row in launcher.cpp. All else goes through the run folder.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "launch/run_folder.h"

namespace unroll::launch {

/// Tasks to be submitted: `folder` has their trials.
struct Request {
    Size first = 0, tasks = 1;          ///< tasks first … first + tasks - 1
    Size cpus = 1;                      ///< of each
    std::string time;                   ///< limit of each, in the scheduler's own form; "": its default
    std::vector<std::string> options;   ///< for the scheduler, as they were given
    std::vector<std::string> defaults;  ///< likewise, from the user's configuration: what comes later rules
};

/// A task that waits or runs.
struct TaskState {
    Size task = 0;
    bool runs = false;   ///< false: it waits
    std::string reason;  ///< why it waits, in the scheduler's words
};

/// Why a task's process has ended.
enum class Ending {
    warned,      ///< the warning before the time limit, or before another job takes the machine
    terminated,  ///< SIGTERM: cancelled, or out of time, or somebody else needs the machine
    done,        ///< of its own accord
};

class Launcher {
public:
    virtual ~Launcher() = default;

    // ---- Where the user is ------------------------------------------------------------------------------------------

    /// Throws Error when tasks cannot be submitted from here at all.
    virtual void require() const = 0;
    /// Submits a check of the nodes (node.h), after which come the tasks, if it succeeds. Notes its jobs in jobs/.
    /// Throws Error, with the scheduler's words, when they are refused; nothing is left of them then.
    virtual void submit(const RunFolder& folder, const Request& request) = 0;
    /// The tasks that are not over, and whether a check is; none when the scheduler does not answer just now.
    struct Queue {
        std::vector<TaskState> tasks;
        bool checks = false;       ///< a check of nodes waits or runs
        std::string check_reason;  ///< why it waits
    };
    virtual std::optional<Queue> queue(const RunFolder& folder) = 0;
    /// Ends all tasks of the run.
    virtual void cancel(const RunFolder& folder) = 0;

    // ---- Where a task runs ------------------------------------------------------------------------------------------

    /// What the scheduler calls the job that this process is in; "" for none.
    virtual std::string job() const { return ""; }
    /// After this task's process has ended with work left: true when the scheduler starts it again, by itself or as it
    /// is asked here.
    virtual bool comes_again(Ending) { return false; }
};

/// The names that --launcher takes, as "local|slurm".
inline constexpr const char* launcher_names = "local|slurm";
/// Throws Error for another name.
std::unique_ptr<Launcher> make_launcher(const std::string& name);

std::unique_ptr<Launcher> make_local_launcher();
std::unique_ptr<Launcher> make_slurm_launcher();

/// The words that start a task, and a check of the machine: `unroll worker RUN …`.
std::vector<std::string> task_command(const RunFolder& folder, const RunPlan& plan, const std::string& task);
std::vector<std::string> check_command(const RunFolder& folder, const RunPlan& plan, Size round);

}  // namespace unroll::launch
