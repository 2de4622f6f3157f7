// One task of a run, on the machine that does it.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include "launch/claims.h"
#include "launch/run_folder.h"
#include "manifest/dataset_cache.h"
#include "plugins/catalog.h"

namespace unroll::launch {

/// Takes trials until none is left that nobody has begun, runs them on the threads that the plan gives a task, and
/// publishes what comes of them in the attempt's folder: a shard of its own (publishing.h), whenever a trial has ended
/// or a checkpoint was saved. `scratch` is a folder that nobody else uses; the store that is written lies there. A
/// later attempt at the task goes on from what was published.
///
/// Raising `stop` ends each running trial after its step, with a checkpoint, which is published; so does the run's stop
/// file, and a later attempt at the same task, which means that this one was given up for dead. `job` is what the
/// scheduler calls the job. Returns whether work is left for a later attempt that has not begun. Throws Error when
/// nothing can be done here.
bool work(const RunFolder& folder, const Attempt& attempt, const std::string& job, const std::filesystem::path& scratch,
          const plugins::Catalog& catalog, manifest::DatasetCache& datasets, const std::vector<std::string>& isolation,
          std::atomic<bool>& stop);

}  // namespace unroll::launch
