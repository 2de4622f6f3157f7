// What a machine that runs tasks can do and has: its record in checks/, and the kernel set that all have in common.
#pragma once

#include <string>
#include <vector>

#include "launch/run_folder.h"
#include "launch/work.h"

namespace unroll::launch {

/// Checks that this machine can do the run's trials, and writes what comes of it to checks/ROUND/HOST.json: the program
/// is the one that planned it, plugins and data are there and are the same, the folder can be written. Loads each
/// dataset once. True when all is well.
bool check_node(const RunFolder& folder, Size round);

/// Throws Error when a trial's build here is not the one that planned it.
void require_same_build(const Work& work, const std::string& build, const RunPlan& plan);

/// What machines have told in a round, as "n1: …"; empty when all is well, or nothing is known.
std::vector<std::string> problems_of_nodes(const RunFolder& folder, Size round);
std::vector<std::string> checked_nodes(const RunFolder& folder, Size round);

/// The kernel set that a run was asked to use, or has begun with; "" for none yet.
std::string known_kernel_set(const RunFolder& folder);
/// That, or else the best that all machines that were checked have, which is kept in kernel-set.json, the same for all
/// who ask. "" before any check.
std::string kernel_set_of_run(const RunFolder& folder);

/// Before anything has asked for kernels: this process takes that of the run. Throws Error when this machine does not
/// have it.
void use_kernel_set(const RunFolder& folder);

}  // namespace unroll::launch
