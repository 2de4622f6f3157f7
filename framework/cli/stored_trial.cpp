// A trial of the store, ready to be used again.
#include "cli/stored_trial.h"

#include <fmt/core.h>

#include <exception>
#include <optional>
#include <utility>

#include "base/diagnostics.h"
#include "sweep/without_data.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

std::string name_of(const store::FoundTrial& found) {
    return fmt::format("trial {}", found.id);
}

sweep::RunnableTrial with_data(const store::FoundTrial& found, const store::Store& store, Session& session) {
    return sweep::rebuild(found.config, found.fingerprint, name_of(found), session.catalog(), session.datasets(),
                          session.lookup_of_store(store.file()));
}

/// None, too, when the checkpoint is damaged or a plugin has changed: what keeps from using the data is told then.
std::optional<sweep::RunnableTrial> without_data(const store::FoundTrial& found, const store::TrialState& state,
                                                 const Session& session) {
    if (state.checkpoints.empty()) return std::nullopt;
    try {
        return sweep::rebuild_without_data(found.config, found.fingerprint, name_of(found), session.catalog(),
                                           state.checkpoints.back().path);
    } catch (const base::Problems&) {
    } catch (const Error&) {
    }
    return std::nullopt;
}

}  // namespace

StoredTrial stored_trial(store::Store& store, const std::string& name, Session& session) {
    store::FoundTrial found = store::find_trial(store, name);
    sweep::RunnableTrial runnable = with_data(found, store, session);
    store::TrialState state = store.states({found.fingerprint}).at(found.fingerprint);
    return {std::move(found), std::move(state), std::move(runnable)};
}

StoredTrial sampled_trial(store::Store& store, const std::string& name, Session& session, bool has_prompt) {
    store::FoundTrial found = store::find_trial(store, name);
    store::TrialState state = store.states({found.fingerprint}).at(found.fingerprint);
    std::exception_ptr problem;
    try {
        sweep::RunnableTrial runnable = with_data(found, store, session);
        return {std::move(found), std::move(state), std::move(runnable)};
    } catch (const base::Problems&) {
        problem = std::current_exception();
    } catch (const Error& error) {
        // As sweep::rebuild() names data that is nowhere.
        if (!has_prompt && error.problem().where != name_of(found) + ": its data") throw;
        problem = std::current_exception();
    }
    auto kept = without_data(found, state, session);
    if (!kept) std::rethrow_exception(problem);
    return {std::move(found), std::move(state), std::move(*kept), false};
}

}  // namespace unroll::cli
