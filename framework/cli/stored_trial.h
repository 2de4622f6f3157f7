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
    bool has_data = true;  ///< false: the dataset has its vocabularies and no contents
};

/// What commands expect and advise where one trial is to be named.
inline constexpr const char* an_id_or_fingerprint = "its id, or the beginning of its fingerprint";
inline constexpr const char* list_of_trials = "list them with: unroll list EXPERIMENT";

/// `name` is a trial's id or the beginning of its fingerprint. Throws Error when there is no such trial, or when its
/// plugins or data have changed since, so that it would be another trial, or when the data is nowhere to be found.
StoredTrial stored_trial(store::Store& store, const std::string& name, Session& session, const Arguments& arguments);

/// As above, to generate from: where the data is not, what its last checkpoint keeps of the dataset stands in for it.
/// Data that has changed is refused unless --prompt is given, for which none is needed.
StoredTrial sampled_trial(store::Store& store, const std::string& name, Session& session, const Arguments& arguments);

/// --data PATH and --download, for commands that use a stored trial's data; they pass their arguments to the functions
/// above.
void add_data_option(Command& command);

/// The command that trains a stored trial again, as far as the store knows its manifest.
std::string retraining(store::Store& store, store::Id trial, const Arguments& arguments);

}  // namespace unroll::cli
