// The first act of a sweep: the store is told what is planned.
#pragma once

#include <vector>

#include "manifest/plan.h"
#include "store/store.h"
#include "sweep/workload.h"

namespace unroll::sweep {

/// Writes the experiments and every trial that is not there yet, all manifests or none; trials that seem to run are
/// interrupted. `fresh`: trials are to be trained again. For the one runner of the store. Throws Error.
void plan_experiments(store::Store& store, const std::vector<manifest::Plan>& plans,
                      const std::vector<TrialPlan>& workload, bool fresh);

}  // namespace unroll::sweep
