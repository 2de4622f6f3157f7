// What is to be done with the trials of a workload: training, samples and gradients that are asked for and not there.
#pragma once

#include <string>
#include <vector>

#include "plugins/catalog.h"
#include "store/store.h"
#include "sweep/executor.h"
#include "sweep/sweep.h"
#include "sweep/workload.h"

namespace unroll::sweep {

struct AgendaItem {
    Size trial = 0;           ///< its place in the workload
    std::uint64_t steps = 0;  ///< of the whole training
    double cost = 0;          ///< floating-point operations of the whole training
    Assignment assignment;
};

struct Agenda {
    std::vector<AgendaItem> items;   ///< in the order of the workload; a scheduler decides which comes first
    Size done_before = 0;            ///< trials with nothing to train
    Size failed_before = 0;          ///< trials that failed earlier and are left alone
    Size unusable = 0;               ///< trained trials that lack what a lost or damaged checkpoint was kept for
    std::vector<std::string> notes;  ///< for the user
};

/// Every trial must be known to the store.
Agenda make_agenda(store::Store& store, const std::vector<TrialPlan>& workload, const plugins::Catalog& catalog,
                   const Settings& settings);

}  // namespace unroll::sweep
