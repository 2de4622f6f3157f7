// What `unroll plugins` says, as text.
#pragma once

#include <string>
#include <vector>

#include "plugins/catalog.h"
#include "plugins/loader.h"

namespace unroll::cli {

/// For eyes: what was found, where was looked, and what was refused and why. With a name: what has that name, each with
/// a table of its options. Throws Error when nothing has that name: why it was refused, or the nearest known name.
std::string describe(const plugins::Catalog& catalog, const std::vector<plugins::Folder>& folders,
                     const std::string& name);

/// The same for programs, one JSON object: {"found": [{kind, name, revision, summary, file, options: [{name, type,
/// default, minimum, maximum, choices, allowed, help}]}], "refused": [{file, found, wanted, next}], "folders": [{path,
/// why}]}.
std::string describe_json(const plugins::Catalog& catalog, const std::vector<plugins::Folder>& folders,
                          const std::string& name);

}  // namespace unroll::cli
