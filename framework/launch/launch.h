// A run on several machines, from where the user is: plan, submit, follow, take in.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "launch/launcher.h"
#include "sweep/sweep.h"

namespace unroll::launch {

struct Options {
    std::filesystem::path folder;  ///< of the run
    std::string launcher;
    Size nodes_at_most = 16;  ///< tasks at once, each on one node
    Size cpus = 1;            ///< of a task
    std::string time;
    std::vector<std::string> scheduler, scheduler_defaults;  ///< options for the scheduler: given, and configured
    std::string kernel_set;
    std::filesystem::path program;          ///< that tasks run
    std::vector<std::string> plugin_paths;  ///< absolute
    bool detach = false;
};

struct Report {
    sweep::Summary summary;
    bool detached = false;   ///< the tasks go on without this process
    bool cancelled = false;  ///< somebody else has ended them
};

/// Says a line to the user.
using Tell = std::function<void(const std::string&)>;

/// Plans the experiments in the result store, as sweep::run() does, puts what is missing into the run folder, submits
/// as many tasks as are useful, and follows them to their end, while their shards are taken into the store. Where tasks
/// of this run are waiting or running already, it joins them, and submits only what they do not have. `labels` are of
/// the workload. Raising `stop` leaves the tasks to themselves.
///
/// Trials that are given up (claims.h) count as failed. Throws Error for what makes the run impossible, before anything
/// is submitted.
Report run(const std::vector<manifest::Plan>& plans, const std::vector<sweep::TrialPlan>& workload,
           const std::vector<std::string>& labels, const plugins::Catalog& catalog, const sweep::Settings& settings,
           const Options& options, sweep::Observer& observer, const Tell& tell, const std::atomic<bool>& stop);

}  // namespace unroll::launch
