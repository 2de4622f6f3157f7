// From one combination of a manifest to its trial: every setting checked and filled in, and what follows from them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "json/value.h"
#include "manifest/checker.h"
#include "manifest/dataset_cache.h"
#include "trial/trial.h"

namespace unroll::manifest {

struct Resolved {
    trial::Trial trial;    ///< as far as it could be read; config, identity and fingerprint only when complete
    json::Value settings;  ///< what `config` is written from: as far as it could be read, also after problems
    std::shared_ptr<const Dataset> dataset;  ///< null when it could not be loaded
    std::vector<const Plugin*> cells,
        upstream;  ///< of each entry of trial.cells and trial.upstream; null when not there
    const Plugin* dataset_plugin = nullptr;
    trial::When gradient{trial::When::Kind::never};  ///< `diagnostics.gradient`, which is no part of the trial
    bool complete = false;                           ///< nothing was wrong
};

Resolved resolve(const json::Value& manifest, Checker& checker, DatasetCache& datasets, base::Diagnostics& diagnostics);

}  // namespace unroll::manifest
