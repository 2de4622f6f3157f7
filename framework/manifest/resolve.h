// From one combination of a manifest to its trial: every setting checked and filled in, and what follows from them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "manifest/datasets.h"
#include "manifest/json.h"
#include "manifest/settings.h"
#include "manifest/trial.h"

namespace unroll::manifest {

struct Resolved {
    Trial trial;    ///< filled in only when nothing was wrong
    Json settings;  ///< what `config` is written from: as far as it could be read, also after problems
    std::shared_ptr<const Dataset> dataset;   ///< null when it could not be loaded
    std::vector<const Plugin*> cells, front;  ///< of each entry of trial.cells and trial.front; null when not there
    const Plugin* dataset_plugin = nullptr;
    When gradient{When::Kind::never};  ///< `diagnostics.gradient`, which is no part of the trial
    bool complete = false;             ///< nothing was wrong
};

Resolved resolve(const Json& manifest, Checker& checker, Datasets& datasets, Report& report);

/// What a maker has thrown, which is the exception being handled, as the manifest's problem. `given` is the object that
/// named the plugin, `path` its path.
Problem maker_problem(const Checker& checker, const Plugin& plugin, const Json& given, const std::string& path);

When to_when(const Json& value);

}  // namespace unroll::manifest
