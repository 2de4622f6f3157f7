// The third act of a sweep: the agenda is done, and what comes of it goes to the store.
#pragma once

#include <atomic>

#include "store/writer.h"
#include "sweep/agenda.h"
#include "sweep/executor.h"
#include "sweep/observer.h"
#include "sweep/scheduler.h"
#include "sweep/sweep.h"

namespace unroll::sweep {

/// Runs what the scheduler gives on `at_once` of the executor's workers until nothing is left or `stop` is raised, as
/// `fail_fast` does when a trial fails, and a store that takes no more. Adds to the summary.
void execute(const Agenda& agenda, Scheduler& scheduler, Executor& executor, store::Writer& writer, Observer& observer,
             Size at_once, bool fail_fast, std::atomic<bool>& stop, Summary& summary);

}  // namespace unroll::sweep
