// What a run would change in experiments that the store has: asked before anything is written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/store.h"

namespace unroll::store {

/// What becomes of the experiment of a manifest's name.
struct ExperimentChange {
    bool exists = false;                  ///< false: the store has none of this name, and nothing changes
    std::filesystem::path manifest_file;  ///< that it was last run from, absolute; empty when that is not known
    bool same_manifest = false;           ///< its text is the one that was last run, line by line
    std::vector<Id> leaving;              ///< current trials that the manifest does not ask for, in their order
};

ExperimentChange change_of(Store& store, const ExperimentRow& experiment, const std::vector<Membership>& members);

/// What is known of some trials, which `--fresh` puts at stake.
struct Holdings {
    std::int64_t trials = 0;  ///< of which anything is known
    std::int64_t finished = 0, samples = 0, checkpoints = 0;
    std::uint64_t bytes = 0;          ///< of the checkpoints
    std::int64_t shared = 0;          ///< trials that other experiments have as well
    std::vector<std::string> others;  ///< these experiments, in order of name
    std::int64_t shared_samples = 0;  ///< of those trials
};

/// `experiments` are those that ask: any other one that has such a trial is one of `others`. Fingerprints that the
/// store does not know count for nothing.
Holdings holdings_of(Store& store, const std::vector<std::string>& fingerprints,
                     const std::vector<std::string>& experiments);

}  // namespace unroll::store
