// When something is due in a trial.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "trial/trial.h"

namespace unroll::trial {

/// Steps in an epoch, and in the whole trial when nothing ends it early.
struct Length {
    std::uint64_t epoch = 1, steps = 0;
    std::uint64_t planned = 0;  ///< `steps` before an early stop; 0: the same
};

/// Whether `when` comes after step `step`. The end always counts, unless it is never.
bool is_due(const When& when, std::uint64_t step, const Length& length);

/// The first such step after `after`; none from the end on. A training may have 10^15 steps: they are never gathered.
std::optional<std::uint64_t> next_due(const When& when, std::uint64_t after, const Length& length);

/// Likewise, by any of these.
std::optional<std::uint64_t> next_due(std::span<const When> any, std::uint64_t after, const Length& length);

/// How many such steps come after `after`.
std::uint64_t count_due(const When& when, const Length& length, std::uint64_t after = 0);

}  // namespace unroll::trial
