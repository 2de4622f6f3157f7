// What can be asked of the trials of an experiment by name.
#pragma once

#include <string>

#include "store/experiments.h"

namespace unroll::store {

/// Whether trials_of() knows a column of this name: an axis of the experiment, a column of `result`, or a setting that
/// one of its configs has.
bool has_column(Store& store, const Experiment& experiment, const std::string& name);

}  // namespace unroll::store
