// A trial of the store, ready to be used again.
#include "cli/stored_trial.h"

#include <fmt/core.h>

#include "unroll/error.h"

namespace unroll::cli {

StoredTrial stored_trial(store::Store& store, const std::string& name, Session& session) {
    store::FoundTrial found = store::find_trial(store, name);
    manifest::PlannedTrial planned = session.trial(found.config);
    if (planned.trial.fingerprint != found.fingerprint)
        throw Error({fmt::format("trial {}", found.id),
                     "its dataset, or the revision of one of its plugins, has changed since it was trained",
                     "the dataset and plugins that it was trained with", "restore them, or run the manifest again"});
    auto dataset = session.datasets().load(planned.trial.dataset);
    model::Model<float> model(planned.trial, dataset->task(), session.catalog());
    store::TrialState state = store.states({found.fingerprint}).at(found.fingerprint);
    return {std::move(found), std::move(state), std::move(planned), std::move(dataset), std::move(model)};
}

}  // namespace unroll::cli
