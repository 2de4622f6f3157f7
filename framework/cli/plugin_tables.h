// The output of `unroll plugins`: tables for people, JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "plugins/catalog.h"
#include "plugins/loader.h"

namespace unroll::cli {

/// Tables of the plugins found, the folders searched, and what was refused and why. With a name: the plugins of that
/// name, each with a table of its options and, for a cell, of the settings that every cell has. Throws Error when there
/// is none: why it was refused, or the nearest name.
std::string describe(const plugins::Catalog& catalog, const std::vector<plugins::Folder>& folders,
                     const std::string& name);

/// The same as one JSON object: {"found": [{kind, name, revision, summary, file, options: [{name, type, required,
/// default, minimum, maximum, choices, allowed, help}], settings: likewise, of a cell}], "refused": [{file, where,
/// found, expected, help}], "folders": [{path, why}]}.
std::string describe_json(const plugins::Catalog& catalog, const std::vector<plugins::Folder>& folders,
                          const std::string& name);

}  // namespace unroll::cli
