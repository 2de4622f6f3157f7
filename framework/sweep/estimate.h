// How long trials will take on this machine.
#pragma once

#include <cstdint>
#include <vector>

#include "plugins/catalog.h"
#include "sweep/memory.h"
#include "sweep/workload.h"

namespace unroll::sweep {

/// A trial of a workload and the step that it goes on from.
struct Remaining {
    const TrialPlan* plan = nullptr;
    std::uint64_t from_step = 0;
};

struct Estimate {
    std::vector<double> seconds;  ///< of each trial, on its share of the threads
    double total = 0;             ///< until the last has ended, when `jobs` run at once
};

/// Takes a few real steps of each distinct model, about `budget` seconds in all, and multiplies. Of many models the
/// most expensive are measured, the others estimated by their floating-point operations, and so are those that take
/// more than half of `memory`, the bytes that this process may use. Samples are not counted, and what ends trials early
/// is not foreseen.
Estimate estimate(const std::vector<Remaining>& trials, const plugins::Catalog& catalog, Size jobs, double budget = 1.0,
                  double memory = memory_limit());

/// Seconds until jobs of these lengths have ended on so many workers, when each that is free takes the longest left.
double makespan(std::vector<double> lengths, Size workers);

}  // namespace unroll::sweep
