// A trial out of the store, ready to be used again.
#include "cli/stored_trial.h"

#include <fmt/core.h>

#include "store/query.h"
#include "sweep/work.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

/// A path in the folder of a manifest that this trial belongs to.
std::filesystem::path origin_of(store::Store& store, store::Id trial) {
    const store::Table table = store::query(
        store,
        "SELECT experiment.folder FROM membership JOIN experiment ON experiment.id = membership.experiment_id"
        " WHERE membership.trial_id = ? ORDER BY experiment.updated_at DESC LIMIT 1",
        {trial});
    const std::string folder = table.rows.empty() ? "." : std::get<std::string>(table.rows[0][0]);
    return std::filesystem::path(folder) / "manifest.json";
}

}  // namespace

StoredTrial stored_trial(store::Store& store, const std::string& name, Session& session) {
    store::FoundTrial found = store::find_trial(store, name);
    manifest::PlannedTrial planned = session.trial(found.config, origin_of(store, found.id));
    if (sweep::fingerprint(planned.trial) != found.fingerprint)
        throw Error({fmt::format("trial {}", found.id),
                     "its data, or the revision of one of its plugins, is no longer what it was trained with",
                     "the same dataset and plugins", "bring them back, or run the manifest again"});
    auto dataset = session.datasets().load(planned.trial.dataset);
    model::Model<float> model(planned.trial, dataset->task(), session.catalog());
    store::TrialState state = store.states({found.fingerprint}).at(found.fingerprint);
    return {std::move(found), std::move(state), std::move(planned), std::move(dataset), std::move(model)};
}

}  // namespace unroll::cli
