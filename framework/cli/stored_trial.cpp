// A trial of the store, ready to be used again.
#include "cli/stored_trial.h"

#include <fmt/core.h>

#include "unroll/error.h"

namespace unroll::cli {

StoredTrial stored_trial(store::Store& store, const std::string& name, Session& session) {
    store::FoundTrial found = store::find_trial(store, name);
    sweep::RunnableTrial runnable =
        sweep::rebuild(found.config, found.fingerprint, fmt::format("trial {}", found.id), session.catalog(),
                       session.datasets(), session.lookup_of_store(store.file()));
    store::TrialState state = store.states({found.fingerprint}).at(found.fingerprint);
    return {std::move(found), std::move(state), std::move(runnable)};
}

}  // namespace unroll::cli
