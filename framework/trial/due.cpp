// The steps after which something is due.
#include "trial/due.h"

namespace unroll::trial {

bool is_due(const When& when, std::uint64_t step, const Length& length) {
    using Kind = When::Kind;
    if (when.kind == Kind::never) return false;
    if (step == length.steps) return true;
    if (when.kind == Kind::end || when.count == 0) return false;
    return step % (when.kind == Kind::epochs ? when.count * length.epoch : when.count) == 0;
}

std::vector<std::uint64_t> due_steps(const When& when, const Length& length) {
    using Kind = When::Kind;
    std::vector<std::uint64_t> steps;
    const std::uint64_t period = when.kind == Kind::epochs  ? when.count * length.epoch
                                 : when.kind == Kind::steps ? when.count
                                                            : length.steps;
    if (period > 0)
        for (std::uint64_t step = period; step < length.steps; step += period) steps.push_back(step);
    if (is_due(when, length.steps, length)) steps.push_back(length.steps);
    return steps;
}

}  // namespace unroll::trial
