// How much memory this process may use, and whether the trials of a plan fit into it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sweep/workload.h"
#include "unroll/types.h"

namespace unroll::sweep {

/// Bytes: the machine's memory, cut to the smallest limit of this process's control group and those around it and to
/// what RLIMIT_AS and RLIMIT_DATA leave it. `groups` is where control groups (version 2 or 1) are mounted, `membership`
/// the file that says which of them this process is in, `machine` the one that says how much there is.
double memory_limit(const std::filesystem::path& groups = "/sys/fs/cgroup",
                    const std::filesystem::path& membership = "/proc/self/cgroup",
                    const std::filesystem::path& machine = "/proc/meminfo");

/// What the trials of a workload come to, when `jobs` of them run at once.
struct MemoryPlan {
    Size trials = 0;                  ///< that run at once: `jobs`, or all that there are
    double together = 0;              ///< bytes of those that take most
    Size at_once = 0;                 ///< how many of them fit; 0: not even the largest
    const TrialPlan* most = nullptr;  ///< the largest; null: there is none
};

MemoryPlan plan_memory(const std::vector<const TrialPlan*>& trials, Size jobs, double limit);

/// "12 GB: weights and gradient 4 GB, optimizer 8 GB, activations 120 MB", of parts that matter.
std::string memory_words(const training::Memory& memory);

/// What is to be told of a plan that does not fit, "" of one that does.
std::string memory_note(const MemoryPlan& plan, double limit);

/// Throws Error when the largest trial alone does not fit.
void require_memory(const MemoryPlan& plan, double limit);

}  // namespace unroll::sweep
