// Where a trial's trained start weights come from.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "json/value.h"
#include "manifest/dataset_cache.h"
#include "plugins/catalog.h"
#include "sweep/runnable.h"
#include "sweep/workload.h"

namespace unroll::sweep {

/// What a manifest's `start` comes to, as a stored config has it: file, digest of the weights and, for a trial of the
/// store, its experiment, fingerprint and step. `start` is checked and has an experiment or a file; `manifest` is the
/// manifest's file, beside which a file is looked for. Throws Error, with `start.KEY` as where, when there is no such
/// experiment, when it has not finished, when no trial or no checkpoint is there, or when the file cannot be read.
json::Value find_start(const json::Value& start, const std::filesystem::path& manifest,
                       const std::filesystem::path& database);

/// Sets a trial's weights to those that its config starts from; none when it starts from random ones. The function
/// throws Error when the file is not there any more or has other weights, and as training::start_from(). Catalog and
/// datasets must outlive it.
StartWeights start_weights(const trial::Trial& trial, const std::shared_ptr<const Dataset>& dataset,
                           const plugins::Catalog& catalog, manifest::DatasetCache& datasets);

/// Before anything is run: throws Error when a trial's start weights do not fit its model; returns what is to be told
/// of those that do.
std::vector<std::string> check_starts(const std::vector<TrialPlan>& workload, const plugins::Catalog& catalog,
                                      manifest::DatasetCache& datasets);

}  // namespace unroll::sweep
