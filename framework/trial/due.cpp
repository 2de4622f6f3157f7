// The steps after which something is due.
#include "trial/due.h"

#include <algorithm>

namespace unroll::trial {

namespace {

/// Equal parts of the whole training, as many as `when` says but none shorter than a step.
class Parts {
public:
    Parts(const When& when, const Length& length)
        : steps_(length.planned ? length.planned : length.steps), count_(std::min<std::uint64_t>(when.count, steps_)) {}

    std::uint64_t count() const { return count_; }
    /// Parts count from 1.
    std::uint64_t end_of(std::uint64_t part) const { return static_cast<std::uint64_t>(Wide{part} * steps_ / count_); }
    bool is_end(std::uint64_t step) const {
        return count_ && end_of(static_cast<std::uint64_t>((Wide{step} * count_ + steps_ - 1) / steps_)) == step;
    }

private:
    __extension__ using Wide = unsigned __int128;  ///< of steps times parts

    std::uint64_t steps_, count_;
};

/// Steps between two moments; 0: not at equal distances.
std::uint64_t period(const When& when, const Length& length) {
    if (when.kind == When::Kind::steps) return when.count;
    return when.kind == When::Kind::epochs ? when.count * length.epoch : 0;
}

}  // namespace

bool is_due(const When& when, std::uint64_t step, const Length& length) {
    if (when.kind == When::Kind::never) return false;
    if (step == length.steps) return true;
    if (when.kind == When::Kind::times) return Parts(when, length).is_end(step);
    const std::uint64_t steps = period(when, length);
    return steps > 0 && step % steps == 0;
}

std::vector<std::uint64_t> due_steps(const When& when, const Length& length) {
    std::vector<std::uint64_t> due;
    if (when.kind == When::Kind::times) {
        const Parts parts(when, length);
        for (std::uint64_t part = 1; part <= parts.count() && parts.end_of(part) < length.steps; ++part)
            due.push_back(parts.end_of(part));
    } else if (const std::uint64_t steps = period(when, length)) {
        for (std::uint64_t step = steps; step < length.steps; step += steps) due.push_back(step);
    }
    if (is_due(when, length.steps, length)) due.push_back(length.steps);
    return due;
}

}  // namespace unroll::trial
