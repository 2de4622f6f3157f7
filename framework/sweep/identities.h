// Which trials of a store are those of a workload, though an earlier version knew them by other fingerprints.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "manifest/dataset_cache.h"
#include "plugins/catalog.h"
#include "store/store.h"
#include "sweep/workload.h"

namespace unroll::sweep {

/// A stored trial and what it is known by today.
struct Identified {
    std::string stored;  ///< its fingerprint in the store
    store::TrialIdentity now;
};

/// Finds out what the trials that an earlier version stored are known by today: each is made again from its config,
/// with its own data or with those of the workload; it is the stored one when the earlier rule gives its fingerprint.
/// Trials whose data are not there, or whose plugins have another revision by now, are left out. Writes nothing.
std::vector<Identified> identify_earlier(store::Store& store, const std::vector<TrialPlan>& workload,
                                         const plugins::Catalog& catalog, manifest::DatasetCache& datasets);

/// Gives these trials of a store, if there is one, their fingerprints of today. Throws Error as a run does for a store
/// that is in use or cannot be written.
void renew_identities(const std::filesystem::path& database, const std::vector<TrialPlan>& workload,
                      const plugins::Catalog& catalog, manifest::DatasetCache& datasets);

}  // namespace unroll::sweep
