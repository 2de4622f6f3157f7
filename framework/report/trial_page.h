// The page of one trial: how far it is, its curves, what it generated, its attempts, its settings.
#pragma once

#include <string>

#include "report/page.h"
#include "store/store.h"

namespace unroll::report {

/// Reads only; of long curves the outline (store/outline.h). Throws Error when there is no such trial.
Page trial_page(store::Store& store, store::Id trial, const std::string& generator);

}  // namespace unroll::report
