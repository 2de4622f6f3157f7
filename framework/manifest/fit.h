// Whether a trial's parts fit together: its windows into its dataset, its cells onto one another.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "manifest/resolve.h"

namespace unroll::manifest {

/// Makes each distinct cell once to let it complain, and remembers what was found.
class Fit {
public:
    explicit Fit(const Checker& checker) : checker_(checker) {}

    /// `manifest` is what `resolved`, which is complete, came from.
    void check(const Json& manifest, const Resolved& resolved, Report& report);

private:
    struct Made {
        Size output = 0, context = 0;
        bool looks_ahead = false;
        std::optional<Problem> problem;
    };

    void check_splits(const Json& manifest, const Resolved& resolved, Report& report);
    void check_cells(const Json& manifest, const Resolved& resolved, Report& report);
    const Made& make(const Plugin& plugin, const CellSpec& spec, const CellSettings& settings, const Json& given,
                     const std::string& path);

    const Checker& checker_;
    std::map<std::string, Made> made_;  ///< by plugin, options and spec
};

}  // namespace unroll::manifest
