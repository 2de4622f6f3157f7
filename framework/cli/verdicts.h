// Whether the results of a run are what its manifests expect, in print.
#pragma once

#include <filesystem>
#include <vector>

#include "manifest/plan.h"

namespace unroll::cli {

/// Prints a line for each expectation to standard output: ✓ or ✗, the experiment, the expectation's name, and its
/// figures and remarks. True when all of them hold.
bool print_verdicts(const std::filesystem::path& database, const std::vector<manifest::Plan>& plans);

}  // namespace unroll::cli
