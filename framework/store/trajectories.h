// Results that need not be trained for twice: what a trained trial has measured, and trials of the same trajectory.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "store/store.h"

namespace unroll::store {

/// What of its losses a trained trial has.
struct KnownLosses {
    std::uint64_t end = 0;                  ///< the step at which it ended
    std::vector<std::uint64_t> validation;  ///< steps at which validation was evaluated, in order
    bool test = false;                      ///< evaluated at the end
    std::set<std::string> by_position;      ///< splits with losses by position
    Size training = 0;                      ///< points of the training curve
};

KnownLosses known_losses(Store& store, const std::string& fingerprint);

/// The settings that a trial was first asked for with, as its config; "" when it is not there.
std::string stored_config(Store& store, const std::string& fingerprint);

/// A finished trial of a trajectory.
struct TrajectoryTrial {
    TrialState state;
    std::uint64_t end = 0;  ///< the step at which it ended
};

/// The finished trials of the same trajectory as this one, without it, those with the newest checkpoint first; none for
/// a trial that is being trained again (Store::renew).
std::vector<TrajectoryTrial> same_trajectory(Store& store, const std::string& fingerprint,
                                             const std::string& trajectory);

/// Whether a finished trial differs from one of this identity in nothing but the number of steps or epochs.
bool has_other_length(Store& store, const std::string& identity);

/// After Store::renew(): what the new attempt does not measure again stays beside its results, if both are of one
/// build.
void keep_old_results(Store& store, const std::string& fingerprint);

}  // namespace unroll::store
