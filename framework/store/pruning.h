// Removing checkpoints that nobody needs: by age, by rank, by experiment.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace unroll::store {

/// Which checkpoints go: those to which everything that is given applies.
struct PruneRequest {
    std::vector<std::string> experiments;            ///< of trials of these, and of no other; empty: of all trials
    std::optional<std::chrono::seconds> older_than;  ///< written longer ago
    std::optional<Size>
        keep_best;  ///< of none of the so many best trials, by its metric, of any experiment that is asked
};

/// A trial that loses checkpoints.
struct PrunedTrial {
    Id id = 0;
    std::string experiments;  ///< that have it, separated by ", "
    std::string axes;         ///< JSON object, as the first of them has it; "" when there is none
    std::vector<std::uint64_t> steps;
    std::uint64_t bytes = 0;
    std::string newest;  ///< when the last of them was written, UTC
};

struct Pruning {
    std::vector<PrunedTrial> trials;
    std::int64_t checkpoints = 0;
    std::uint64_t bytes = 0;
    std::int64_t unfinished = 0;  ///< trials that keep theirs although they were asked for: they are needed to go on
    std::int64_t shared = 0;      ///< trials that keep theirs because an experiment has them that is not asked for
};

/// Throws Error, with the nearest name, for an experiment that is not there.
Pruning pruning_of(Store& store, const PruneRequest& request);

/// Does it: rows in one transaction, then files. Nothing else may change the store meanwhile.
void prune(Store& store, const Pruning& pruning);

}  // namespace unroll::store
