// From a manifest's text to a checked plan: the one door of this floor.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "manifest/data_files/lookup.h"
#include "manifest/dataset_cache.h"
#include "manifest/host_queries.h"
#include "manifest/plan.h"
#include "plugins/catalog.h"
#include "trial/trial.h"

namespace unroll::manifest {

/// `--set PATH=JSON`: a value that takes the place of the manifest's.
struct Override {
    std::string path;  ///< as in "training.steps"; "sweep.NAME" replaces an axis
    std::string json;
};

/// Splits PATH=JSON at the first '='. Throws Error when there is none.
Override parse_override(const std::string& text);

/// Checks a manifest and expands it into its trials. Loads the datasets and makes the cells and samplers once each to
/// let them complain. `file` is how messages name the manifest; its stem is the experiment's name when the manifest has
/// none.
///
/// A trial's `config` is itself a manifest, of that one trial: expand(config) gives the same trial back.
///
/// Throws Problems with everything that is wrong at once, and what `lookup.fetch` throws that is no Error. Prints
/// nothing and writes nothing, unless `lookup.fetch` does.
Plan expand(const std::string& text, const std::string& file, const std::vector<Override>& overrides,
            const plugins::Catalog& catalog, const Lookup& lookup, DatasetCache& datasets,
            const HostQueries& host_queries);

}  // namespace unroll::manifest
