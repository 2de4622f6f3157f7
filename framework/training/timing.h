// When something is due in a trial.
#pragma once

#include <cstdint>
#include <vector>

#include "manifest/trial.h"
#include "training/trainer.h"

namespace unroll::training {

/// Whether `when` comes after step `step`. The end always counts, unless it is never.
inline bool is_due(const manifest::When& when, std::uint64_t step, const Length& length) {
    using Kind = manifest::When::Kind;
    if (when.kind == Kind::never) return false;
    if (step == length.steps) return true;
    if (when.kind == Kind::end || when.count == 0) return false;
    return step % (when.kind == Kind::epochs ? when.count * length.epoch : when.count) == 0;
}

/// All such steps of a trial, in order.
inline std::vector<std::uint64_t> due_steps(const manifest::When& when, const Length& length) {
    using Kind = manifest::When::Kind;
    std::vector<std::uint64_t> steps;
    const std::uint64_t period = when.kind == Kind::epochs  ? when.count * length.epoch
                                 : when.kind == Kind::steps ? when.count
                                                            : length.steps;
    if (period > 0)
        for (std::uint64_t step = period; step < length.steps; step += period) steps.push_back(step);
    if (is_due(when, length.steps, length)) steps.push_back(length.steps);
    return steps;
}

}  // namespace unroll::training
