// `expect`: what the results must show, as queries.
#pragma once

#include <string>
#include <vector>

#include "manifest/checker.h"
#include "manifest/host_queries.h"

namespace unroll::manifest {

/// The expectations in `given` (null: none), in their order. A query that cannot be asked is a problem.
std::vector<Expectation> read_expectations(const json::Value* given, const std::string& experiment,
                                           const std::vector<std::string>& axes, const HostQueries& host_queries,
                                           const Checker& checker, base::Diagnostics& diagnostics);

}  // namespace unroll::manifest
