// Removing experiments from a store.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/store.h"

namespace unroll::store {

/// What becomes of experiments that are removed, with all that is theirs alone.
struct Removal {
    std::vector<std::string> experiments;
    std::vector<Id> trials;  ///< of no other experiment: they go, with everything that is known of them
    std::int64_t finished = 0, samples = 0, checkpoints = 0;  ///< of those trials
    std::uint64_t bytes = 0;                                  ///< of their checkpoints
    std::int64_t judgements = 0;      ///< of other trials' images, by trials that go: they go too
    std::int64_t shared = 0;          ///< trials that stay
    std::vector<std::string> others;  ///< experiments that those belong to, in order of name
};

/// Throws Error, with the nearest name, for an experiment that is not there.
Removal removal_of(Store& store, const std::vector<std::string>& experiments);

/// Does it: rows in one transaction, then files; the database shrinks. Nothing else may change the store meanwhile.
void remove(Store& store, const Removal& removal);

}  // namespace unroll::store
