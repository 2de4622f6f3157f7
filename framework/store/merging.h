// Bringing the experiments of another store into this one: trials by fingerprint, nothing twice, in any order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace unroll::store {

/// What came of a merge. Trials of both stores are counted in one of `equal`, `replaced` and `kept`.
struct MergeReport {
    std::int64_t trials = 0;     ///< of the other store
    std::int64_t added = 0;      ///< that were not here
    std::int64_t equal = 0;      ///< as far here as there
    std::int64_t replaced = 0;   ///< further there: what was here gave way
    std::int64_t kept = 0;       ///< further here
    std::int64_t different = 0;  ///< of those in both: with other values, as another build gives; one of them stays
    std::int64_t samples = 0;    ///< that came along
    std::int64_t checkpoints = 0, missing_checkpoints = 0;  ///< copied; not copied, since the file is not what it was
    std::uint64_t bytes = 0;                                ///< copied
    std::vector<std::string> new_experiments;
    std::vector<std::string> changed_experiments;  ///< of both stores, with other manifests: the newer one rules
};

/// How much of the other store is wanted.
struct MergeScope {
    std::optional<std::vector<std::string>> trials{};  ///< by fingerprint; those it does not have are passed over
    bool experiments = true;                           ///< with experiments and their memberships
    /// Nobody writes the other store any more, nor are trials running in it: it is read without a lock, from wherever
    /// it is, and a run may be at work on this one (store/snapshot.h writes such files). As it is a stage of the one
    /// run that both belong to, a trial has the checkpoints of the store in which it is further.
    bool is_settled = false;
    bool is_held = false;  ///< the caller has its RunnerLock, and its trials do not run
};

/// Merges the store in `source` into this one, which no run may be at work on; `source` only changes when it is of an
/// earlier version: then it is brought up to date. Rows in one transaction; checkpoints are copied.
///
/// Of a trial in both, the more complete stays: finished before diverged, interrupted, failed and queued, then by
/// steps, then the one that ended first. What was measured on the same trajectory (no value differs) is united: points,
/// samples, gradients, judgements, checkpoints; where both have a row with other contents, as wall-clock times are, the
/// smaller one stays. So the result is the same for every order, and merging again changes nothing. An experiment of
/// both has all trials when its manifest is the same in both; otherwise the newer manifest says which are current.
///
/// Throws Error, and changes nothing, when there is no such store, when a run is at work on it, when it is this one, or
/// when names of experiments differ in case only.
MergeReport merge(Store& into, const std::filesystem::path& source, const MergeScope& scope = {});

}  // namespace unroll::store
