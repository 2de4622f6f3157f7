// Whether the results of a run are what its manifests expect, in print.
#pragma once

#include <atomic>
#include <filesystem>
#include <vector>

#include "manifest/plan.h"

namespace unroll::cli {

/// Prints a line for each expectation to standard output: ✓ or ✗, the experiment, the expectation's name, and its
/// figures and remarks. True when all of them hold. Throws base::Interrupted when `stop` becomes true meanwhile.
bool print_verdicts(const std::filesystem::path& database, const std::vector<manifest::Plan>& plans,
                    const std::atomic<bool>& stop);

}  // namespace unroll::cli
