// Trials of a store that belong to no experiment there: those that a worker has taken of a run.
#pragma once

#include <vector>

#include "store/store.h"

namespace unroll::store {

/// Adds those that are not there yet as queued, in one transaction.
void add_trials(Store& store, const std::vector<TrialRow>& rows);

}  // namespace unroll::store
