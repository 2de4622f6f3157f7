// A trial of the store, ready to be used again: its settings, dataset and model.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"
#include "store/store.h"
#include "sweep/runnable.h"

namespace unroll::cli {

struct StoredTrial {
    store::FoundTrial found;
    store::TrialState state;
    sweep::RunnableTrial runnable;
};

/// What commands expect and advise where one trial is to be named.
inline constexpr const char* an_id_or_fingerprint = "its id, or the beginning of its fingerprint";
inline constexpr const char* list_of_trials = "list them with: unroll list EXPERIMENT";

/// `name` is a trial's id or the beginning of its fingerprint. Throws Error when there is no such trial, or when its
/// plugins or data have changed since, so that it would be another trial.
StoredTrial stored_trial(store::Store& store, const std::string& name, Session& session);

}  // namespace unroll::cli
