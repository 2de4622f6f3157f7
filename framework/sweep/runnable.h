// A trial that can be run, rebuilt from its stored config alone.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "manifest/data_files/lookup.h"
#include "manifest/dataset_cache.h"
#include "manifest/host_queries.h"
#include "model/model.h"
#include "plugins/catalog.h"
#include "store/store.h"
#include "training/start.h"
#include "trial/trial.h"

namespace unroll::sweep {

/// Sets weights, which are initialized, to trained ones, as training::start_from() does.
using StartWeights = std::function<training::StartReport(float* weights)>;

/// A trial with everything that it takes to train it, to sample from it and to measure it.
struct RunnableTrial {
    trial::Trial trial;
    std::shared_ptr<const Dataset> dataset;
    model::Model<float> model;
    StartWeights start = {};  ///< none: it starts from random weights
};

/// What this program answers a manifest that asks about models and queries. The catalog must outlive it.
/// `database`: the result store that a `start` is looked for in; "": there is none.
manifest::HostQueries host_queries(const plugins::Catalog& catalog, const std::filesystem::path& database = {});

/// The trial whose `config` this is: a manifest of one trial, which names its files by absolute paths. It has the
/// fingerprint that it had, or the earlier one, unless its data or the revision of a plugin has changed. Any number of
/// threads may call it. Throws base::Problems or Error when the trial cannot be run here.
RunnableTrial rebuild(const std::string& config, const plugins::Catalog& catalog, manifest::DatasetCache& datasets);

/// As above, for a trial of this fingerprint. Data that is no longer where it was is looked for in the folders of
/// `lookup` (manifest/data_files/relocation.h), under its own name and then under any, fetched where the config says
/// from where, and known by the fingerprint. Throws Error when what is rebuilt is another trial, or when there is no
/// such data; `name` is how the message names the trial.
RunnableTrial rebuild(const std::string& config, const std::string& fingerprint, const std::string& name,
                      const plugins::Catalog& catalog, manifest::DatasetCache& datasets,
                      const manifest::Lookup& lookup);

}  // namespace unroll::sweep
