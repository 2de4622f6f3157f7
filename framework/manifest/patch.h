// Setting values of a manifest by path: for a sweep's axes and for --set.
#pragma once

#include <string>
#include <vector>

#include "json/value.h"
#include "manifest/checker.h"

namespace unroll::manifest {

struct Assignment {
    std::string path;  ///< in normal form
    const json::Value* value;
};

/// Sets them all, in any order. Where one changes what other settings depend on (a plugin, an optimizer's name, the
/// kind of windows, the path of a file that can be downloaded), what was there before and belongs to the former choice
/// alone is dropped, whatever else is assigned.
void assign(json::Value& manifest, const std::vector<Assignment>& assignments, const Checker& checker,
            base::Diagnostics& diagnostics);

}  // namespace unroll::manifest
