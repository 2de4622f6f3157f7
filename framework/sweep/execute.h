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

/// Runs what the scheduler gives on the executor's workers until nothing is left or `stop` is raised, which `fail_fast`
/// does when a trial fails. Adds to the summary. Throws the Error that stopped the writer.
void execute(const Agenda& agenda, Scheduler& scheduler, Executor& executor, store::Writer& writer, Observer& observer,
             bool fail_fast, std::atomic<bool>& stop, Summary& summary);

}  // namespace unroll::sweep
