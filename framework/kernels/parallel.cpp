// parallel_for on oneTBB.
#include "unroll/parallel.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>

#include "kernels/hand_over.h"
#include "kernels/occupancy.h"
#include "unroll/kernels.h"

namespace unroll {

namespace {

std::atomic<std::size_t> occupied{0};

/// Threads that this one may use, itself among them.
std::size_t threads() {
    return std::min<std::size_t>(std::size_t(tbb::this_task_arena::max_concurrency()),
                                 tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism));
}

bool nobody_is_idle() {
    const std::size_t all = threads();
    return all == 1 || occupied.load(std::memory_order_relaxed) >= all;
}

}  // namespace

Occupied::Occupied() {
    ++occupied;
}

Occupied::~Occupied() {
    --occupied;
}

namespace detail {

void parallel_for(Size n, Size grain, void (*body)(void* context, Size first, Size last), void* context) {
    if (n == 0) return;
    // Parts of exactly `grain` items (the last one may have more): a range that TBB halves could fall below it.
    if (grain == 0) grain = 1;
    const Size parts = n / grain;
    if (parts <= 1 || nobody_is_idle()) return body(context, 0, n);
    HandOver begin, end;
    begin.give();
    tbb::this_task_arena::isolate([&] {
        tbb::parallel_for(tbb::blocked_range<Size>(0, parts), [&](const tbb::blocked_range<Size>& range) {
            begin.take();
            const FloatingPointMode mode;
            body(context, range.begin() * grain, range.end() == parts ? n : range.end() * grain);
            end.give();
        });
    });
    end.take();
}

}  // namespace detail

}  // namespace unroll
