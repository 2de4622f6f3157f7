// Which trial runs next: the whole grid, longest first.
#include "sweep/scheduler.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace unroll::sweep {

GridScheduler::GridScheduler(const Agenda& agenda) : order_(agenda.items.size()) {
    std::iota(order_.begin(), order_.end(), Size{0});
    const auto rank = [&](Size item) {
        return std::pair(agenda.items[item].assignment.train, agenda.items[item].cost);
    };
    std::stable_sort(order_.begin(), order_.end(), [&](Size a, Size b) { return rank(a) > rank(b); });
}

std::optional<Size> GridScheduler::next() {
    const std::lock_guard lock(mutex_);
    if (taken_ == order_.size()) return std::nullopt;
    return order_[taken_++];
}

}  // namespace unroll::sweep
