// How the learning rate changes over a trial.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trial/trial.h"

namespace unroll::training {

/// The names that a manifest's `training.schedule.name` may have.
const std::vector<std::string>& schedules();

/// Where a trial stands.
struct ScheduleStep {
    std::uint64_t step;             ///< steps done before this one: 0 for the first
    std::uint64_t steps;            ///< of the whole trial
    std::uint64_t steps_per_epoch;  ///< at least 1
};

/// The learning rate of the step that comes now. With η the optimiser's own and t = at.step:
/// - in the first `warmup` steps, whatever the schedule: η (t+1)/(warmup+1), as nanoGPT warms up; after them
/// - constant:     η
/// - cosine:       minimum + (η - minimum) (1 + cos π r)/2, r from 0 at the end of the warm-up to 1 at `steps`
///                 (as in nanoGPT)
/// - exponential:  η · decay^k, k the whole epochs done or, when `every` > 0, the whole periods of `every` steps done
///                 (PyTorch's ExponentialLR, stepped once an epoch, and StepLR)
/// Allocates nothing. Throws Error for a schedule of another name.
double learning_rate(const trial::OptimizerSettings& optimizer, const trial::ScheduleSettings& schedule,
                     const ScheduleStep& at);

}  // namespace unroll::training
