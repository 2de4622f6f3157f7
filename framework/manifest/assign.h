// Setting values of a manifest by path: for a sweep's axes and for --set.
#pragma once

#include <string>
#include <vector>

#include "manifest/json.h"
#include "manifest/settings.h"

namespace unroll::manifest {

struct Assignment {
    std::string path;  ///< in normal form
    const Json* value;
};

/// Sets them all, in any order. Where one changes what other settings depend on (a plugin, an optimizer's name, the
/// kind of windows, the path of a file that can be downloaded), what was there before and belongs to the former choice
/// alone is dropped, whatever else is assigned.
void assign(Json& manifest, const std::vector<Assignment>& assignments, const Checker& checker, Report& report);

}  // namespace unroll::manifest
