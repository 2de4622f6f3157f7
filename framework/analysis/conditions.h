// Which of an experiment's trials are asked for: those that have certain values.
#pragma once

#include <string>
#include <vector>

#include "store/experiments.h"
#include "store/result_table.h"
#include "store/store.h"

namespace unroll::analysis {

/// A trial has this value.
struct Condition {
    std::string name;   ///< an axis, a column of `result`, or a path of the config
    std::string value;  ///< as written() gives it; numbers are compared as numbers
};

/// A value as a condition names it: numbers in full, NULL as "".
std::string written(const store::Value& value);

/// "AXIS=VALUE". Throws Error for a text without '='.
Condition condition_in(const std::string& text);

/// For each current trial in the manifest's order, whether it meets all conditions. Throws Error, with what there is,
/// for an unknown name, and when no trial meets them.
std::vector<bool> meeting(store::Store& store, const store::Experiment& experiment,
                          const std::vector<Condition>& conditions);

/// The values that an experiment's trials have of one of its axes, in the manifest's order.
std::vector<std::string> values_of(store::Store& store, const store::Experiment& experiment, const std::string& axis);

}  // namespace unroll::analysis
