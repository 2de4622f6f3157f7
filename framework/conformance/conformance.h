// Conformance: puts any plugin, ours or a stranger's, through everything that the SDK's headers promise of its kind.
#pragma once

#include <string>
#include <vector>

#include "unroll/options.h"
#include "unroll/plugin.h"

namespace unroll::conformance {

/// One promise and how it was kept, over all the settings in which it was tested.
struct Check {
    std::string name;
    bool passed = true;
    Size times = 0;        ///< how often it was tested
    double measured = 0;   ///< the worst deviation; 0 for a plain yes or no
    double tolerance = 0;  ///< the largest deviation that passes; 0 for a plain yes or no
    std::string failure;   ///< the first failure: in which setting and what was wrong; empty when passed
};

struct Report {
    std::string plugin;  ///< kind and name, as in "cell NAME"
    std::vector<Check> checks;

    bool passed() const;
};

/// Options for `check` from a command line's words NAME=JSON. Relative paths are taken from the working directory.
/// Throws Error about the first word that is not a declared option with an allowed value.
Options given_options(const Plugin& plugin, const std::vector<std::string>& words);

/// Tests the plugin with these options fixed and the others at their defaults; then each choice and boolean that was
/// not given at its other values too. Throws Error when a required option is missing or a dataset cannot be made from
/// its options; whatever else the plugin does wrong is in the report. Takes about a second.
Report check(const Plugin& plugin, const Options& given = {});

/// A line for each check, with figures; then what failed.
std::string to_string(const Report& report);

}  // namespace unroll::conformance
