// A sweep: trains every trial that is missing, in parallel, and makes every sample that is missing. The only place that
// schedules trials.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "sweep/observer.h"
#include "sweep/workload.h"

namespace unroll::sweep {

struct Settings {
    std::filesystem::path database;
    Size jobs = 1;              ///< threads of the whole process; as many trials at once
    bool fresh = false;         ///< run these trials again; what is known of each stays until that one has ended
    bool retry_failed = false;  ///< run failed trials again
    bool remeasure = false;     ///< train again, with the same bits, what lacks values that no checkpoint can give
    bool fail_fast = false;     ///< stop the others when one fails
    bool isolate = false;       ///< run each trial in a process of its own
    /// The program with the words that make it a worker (worker.h); empty: there are no processes, only threads.
    std::vector<std::string> worker{};
};

struct Summary {
    Size trained = 0;                                ///< to their end, in this run
    Size done_before = 0;                            ///< nothing to train
    Size diverged = 0, failed = 0, interrupted = 0;  ///< now; failed counts those left alone from an earlier run, too
    Size troubled = 0;                               ///< ended by the machine: the next run tries them again
    Size incomplete = 0;                             ///< trained; samples or measurements could not be made
    Size samples = 0;                                ///< made in this run
    Size unusable = 0;               ///< trained trials that lack what a lost or damaged checkpoint was kept for
    std::vector<std::string> notes;  ///< for the user: another build, samples that cannot be made, …
    std::string problem;             ///< why the store took no more in the middle; "": it took all
};

/// Plans the experiments in the store, then runs what is missing of the workload (from distinct_trials of the same
/// plans and datasets), the most expensive first. Raising `stop` ends each running trial after its step, with a
/// checkpoint.
///
/// One runner per database: a second is refused. Throws Error for that and for a store that cannot be used, before
/// anything is trained; a trial that throws, whatever that is, ends alone. What the machine caused leaves a trial
/// interrupted, which the next run goes on with; what its settings, its data or a plugin caused leaves it failed.
Summary run(const std::vector<manifest::Plan>& plans, const std::vector<TrialPlan>& workload,
            const plugins::Catalog& catalog, manifest::DatasetCache& datasets, const Settings& settings,
            Observer& observer, std::atomic<bool>& stop);

}  // namespace unroll::sweep
