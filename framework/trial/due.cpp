// The steps after which something is due.
#include "trial/due.h"

#include <algorithm>

namespace unroll::trial {

namespace {

__extension__ using Wide = unsigned __int128;  ///< of steps times parts or epochs

/// Equal parts of the whole training, as many as `when` says but none shorter than a step.
class Parts {
public:
    Parts(const When& when, const Length& length)
        : steps_(length.planned ? length.planned : length.steps), count_(std::min<std::uint64_t>(when.count, steps_)) {}

    /// How many have ended after so many steps.
    std::uint64_t ended(std::uint64_t step) const {
        return count_ ? static_cast<std::uint64_t>(((Wide{step} + 1) * count_ - 1) / steps_) : 0;
    }
    /// The step after which the next one ends; none after the last.
    std::optional<std::uint64_t> next_end(std::uint64_t after) const {
        const std::uint64_t part = ended(after) + 1;  // parts count from 1
        if (part > count_) return std::nullopt;
        return static_cast<std::uint64_t>(Wide{part} * steps_ / count_);
    }
    bool is_end(std::uint64_t step) const { return step > 0 && next_end(step - 1) == step; }

private:
    std::uint64_t steps_, count_;
};

/// Steps between two moments; 0: not at equal distances, or none before the end.
std::uint64_t period(const When& when, const Length& length) {
    const bool in_epochs = when.kind == When::Kind::epochs;
    if (!in_epochs && when.kind != When::Kind::steps) return 0;
    const Wide steps = Wide{when.count} * (in_epochs ? length.epoch : 1);
    return steps < length.steps ? static_cast<std::uint64_t>(steps) : 0;
}

}  // namespace

bool is_due(const When& when, std::uint64_t step, const Length& length) {
    if (when.kind == When::Kind::never) return false;
    if (step == length.steps) return true;
    if (when.kind == When::Kind::times) return Parts(when, length).is_end(step);
    const std::uint64_t steps = period(when, length);
    return steps > 0 && step % steps == 0;
}

std::optional<std::uint64_t> next_due(const When& when, std::uint64_t after, const Length& length) {
    if (when.kind == When::Kind::never || after >= length.steps) return std::nullopt;
    std::uint64_t next = length.steps;
    if (when.kind == When::Kind::times)
        next = Parts(when, length).next_end(after).value_or(next);
    else if (const std::uint64_t steps = period(when, length))
        next = (after / steps + 1) * steps;
    return std::min(next, length.steps);
}

std::optional<std::uint64_t> next_due(std::span<const When> any, std::uint64_t after, const Length& length) {
    std::optional<std::uint64_t> first;
    for (const When& when : any)
        if (const auto next = next_due(when, after, length)) first = std::min(first.value_or(*next), *next);
    return first;
}

std::uint64_t count_due(const When& when, const Length& length, std::uint64_t after) {
    if (when.kind == When::Kind::never || after >= length.steps) return 0;
    const std::uint64_t last = length.steps - 1;  // before the end, which always counts
    if (when.kind == When::Kind::times) return Parts(when, length).ended(last) - Parts(when, length).ended(after) + 1;
    const std::uint64_t steps = period(when, length);
    return (steps ? last / steps - after / steps : 0) + 1;
}

}  // namespace unroll::trial
