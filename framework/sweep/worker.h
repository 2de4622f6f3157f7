// The side of a process that runs one trial for another process.
#pragma once

#include <sys/types.h>

#include "manifest/dataset_cache.h"
#include "plugins/catalog.h"

namespace unroll::sweep {

/// Before anything else in such a process: it ends when `parent` does, and signals from a terminal are left to the
/// parent, which passes on once what they ask for.
void become_worker(pid_t parent);

/// Takes an assignment from the pipe that ChildProcess gives, runs it and tells of it, as a LocalExecutor would with a
/// sink. Then the process ends here, without what exit() would run. Never returns.
[[noreturn]] void serve(const plugins::Catalog& catalog, manifest::DatasetCache& datasets);

}  // namespace unroll::sweep
