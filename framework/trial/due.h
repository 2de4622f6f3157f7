// When something is due in a trial.
#pragma once

#include <cstdint>
#include <vector>

#include "trial/trial.h"

namespace unroll::trial {

/// Steps in an epoch, and in the whole trial when nothing ends it early.
struct Length {
    std::uint64_t epoch = 1, steps = 0;
    std::uint64_t planned = 0;  ///< `steps` before an early stop; 0: the same
};

/// Whether `when` comes after step `step`. The end always counts, unless it is never.
bool is_due(const When& when, std::uint64_t step, const Length& length);

/// All such steps of a trial, in order.
std::vector<std::uint64_t> due_steps(const When& when, const Length& length);

}  // namespace unroll::trial
