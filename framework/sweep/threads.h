// The threads of a sweep.
#pragma once

#include <functional>

#include "unroll/types.h"

namespace unroll::sweep {

/// Holds the process to `threads` threads of computation and calls `work` on each of them, this one among them; a call
/// is meant to take from a common list until that is empty. Threads that have returned help the others with what they
/// do in parallel_for (unroll/parallel.h). Returns when all calls have; rethrows what one of them threw.
void run_on_threads(Size threads, const std::function<void()>& work);

/// Calls `work` once, with all of `threads` to help it in parallel_for.
void run_with_help(Size threads, const std::function<void()>& work);

}  // namespace unroll::sweep
