// What differs between two trials: settings and results.
#pragma once

#include <string>
#include <vector>

#include "store/result_table.h"
#include "store/store.h"

namespace unroll::analysis {

/// A setting or result whose values differ; NULL on the side that does not have it.
struct Difference {
    std::string name;
    store::Value left, right;
};

struct Differences {
    /// Paths of the config, as in "training.batch", and "revision of KIND NAME" for plugins: first those that the left
    /// trial has, in its order, then those that only the right one has.
    std::vector<Difference> settings;
    std::vector<Difference> results;  ///< columns of `trial`, and "build"
};

Differences differences(store::Store& store, const store::FoundTrial& left, const store::FoundTrial& right);

}  // namespace unroll::analysis
