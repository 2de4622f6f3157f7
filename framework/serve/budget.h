// How much work may be done unasked: a share of the time, so that a page that is left open costs a sweep next to
// nothing.
#pragma once

#include <algorithm>
#include <chrono>

namespace unroll::serve {

/// Time for work runs in at `share` of the clock, up to `most`, and is spent by what is done. Work is due while there
/// is time left; a piece may overdraw it, and the next one then waits. For one thread.
class Budget {
public:
    using Seconds = std::chrono::duration<double>;
    using Clock = std::chrono::steady_clock;

    Budget(double share, Seconds most) : share_(share), most_(most), left_(most) {}

    bool is_due(Clock::time_point now) {
        if (last_ != Clock::time_point()) left_ = std::min(most_, left_ + share_ * Seconds(now - last_));
        last_ = now;
        return left_ > Seconds(0);
    }
    void spend(Seconds work) { left_ -= work; }

private:
    double share_;
    Seconds most_, left_;
    Clock::time_point last_{};
};

}  // namespace unroll::serve
