// What an experiment is expected to show: queries over its own trials.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/store.h"
#include "unroll/error.h"

namespace unroll::store {

/// From here on, `result` and `curve` have nothing but the experiment's current trials in every query over this store;
/// `main.result` and `main.curve` are the whole ones. The experiment's own view is there under `alias`, too,
/// unless that is "". Changes nothing in the file.
void limit_to(Store& store, const std::string& experiment, const std::string& alias = "");

/// What is wrong with a query, as far as it can be known without results; none when it can be asked. `experiment` would
/// have members with these `axes`, JSON objects, for its own view. Needs no file.
std::optional<Problem> expectation_problem(const std::string& experiment, const std::vector<std::string>& axes,
                                           const std::string& query);

}  // namespace unroll::store
