// How trials are dealt to tasks.
#pragma once

#include <vector>

#include "unroll/types.h"

namespace unroll::launch {

/// For each trial its task: the longest first, each to the task that has least so far. Within a task the order of the
/// result's ranks is that in which they were dealt.
struct Deal {
    std::vector<Size> task, rank;  ///< of each trial
};
Deal deal(const std::vector<double>& costs, Size tasks);

/// The fewest tasks of `at_once` trials each that are done within 2% of the time that `most` of them would take: more
/// would wait in the queue, load the data and end for nothing.
Size useful_tasks(const std::vector<double>& costs, Size at_once, Size most);

}  // namespace unroll::launch
