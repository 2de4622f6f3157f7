// The threads of a sweep, by oneTBB.
#include "sweep/threads.h"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <atomic>

#include "kernels/hand_over.h"

namespace unroll::sweep {

void run_on_threads(Size threads, const std::function<void()>& work) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    tbb::task_arena arena{int(threads)};
    HandOver begin, end;
    begin.give();
    // One long task a thread: nothing can put one trial onto another's stack.
    const auto task = [&](Size) {
        begin.take();
        work();
        end.give();
    };
    arena.execute([&] { tbb::parallel_for(Size{0}, threads, task, tbb::simple_partitioner{}); });
    end.take();
}

void run_with_help(Size threads, const std::function<void()>& work) {
    std::atomic<bool> is_taken{false};
    run_on_threads(threads, [&] {
        if (!is_taken.exchange(true)) work();
    });
}

}  // namespace unroll::sweep
