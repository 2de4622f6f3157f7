// `expect`: what the results must show, as queries.
#pragma once

#include <string>
#include <vector>

#include "manifest/above.h"
#include "manifest/settings.h"

namespace unroll::manifest {

/// The expectations in `given` (null: none), in their order. A query that cannot be asked is a problem.
std::vector<Expectation> read_expectations(const Json* given, const std::string& experiment,
                                           const std::vector<std::string>& axes, const Above& above,
                                           const Checker& checker, Report& report);

}  // namespace unroll::manifest
