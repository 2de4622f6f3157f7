// A trial of the store, ready to be used again.
#include "cli/stored_trial.h"

#include <fmt/core.h>

#include <exception>
#include <optional>
#include <utility>

#include "base/diagnostics.h"
#include "store/experiments.h"
#include "sweep/without_data.h"
#include "training/checkpoint_file.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

std::string name_of(const store::FoundTrial& found) {
    return fmt::format("trial {}", found.id);
}

sweep::RunnableTrial with_data(const store::FoundTrial& found, const store::Store& store, Session& session,
                               const Arguments& arguments) {
    std::filesystem::path data;
    if (arguments.has("data")) data = arguments.get<std::string>("data");
    std::error_code ignored;
    if (!data.empty() && !std::filesystem::exists(data, ignored))
        throw Error({"--data", fmt::format("no such file or folder: {}", data.string()),
                     "the file or folder that the trial was trained on, or the folder that it is in",
                     "check the path"});
    return sweep::rebuild(found.config, found.fingerprint, name_of(found), session.catalog(), session.datasets(),
                          session.lookup_of_store(store.file(), data, arguments.get<bool>("download")));
}

/// None, too, when a plugin has changed: what keeps from using the data is told then.
std::optional<sweep::RunnableTrial> without_data(const store::FoundTrial& found, const store::TrialState& state,
                                                 const Session& session) {
    if (state.checkpoints.empty()) return std::nullopt;
    try {
        return sweep::rebuild_without_data(found.config, found.fingerprint, name_of(found), session.catalog(),
                                           state.checkpoints.back());
    } catch (const base::Problems&) {
    } catch (const training::UnusableCheckpoint&) {
        throw;
    } catch (const Error&) {
    }
    return std::nullopt;
}

}  // namespace

StoredTrial stored_trial(store::Store& store, const std::string& name, Session& session, const Arguments& arguments) {
    store::FoundTrial found = store::find_trial(store, name);
    sweep::RunnableTrial runnable = with_data(found, store, session, arguments);
    store::TrialState state = store.states({found.fingerprint}).at(found.fingerprint);
    return {std::move(found), std::move(state), std::move(runnable)};
}

StoredTrial sampled_trial(store::Store& store, const std::string& name, Session& session, const Arguments& arguments) {
    store::FoundTrial found = store::find_trial(store, name);
    store::TrialState state = store.states({found.fingerprint}).at(found.fingerprint);
    std::exception_ptr problem;
    try {
        sweep::RunnableTrial runnable = with_data(found, store, session, arguments);
        return {std::move(found), std::move(state), std::move(runnable)};
    } catch (const base::Problems&) {
        problem = std::current_exception();
    } catch (const Error& error) {
        // As sweep::rebuild() names data that is nowhere.
        if (!arguments.has("prompt") && error.problem().where != name_of(found) + ": its data") throw;
        problem = std::current_exception();
    }
    auto kept = without_data(found, state, session);
    if (!kept) std::rethrow_exception(problem);
    return {std::move(found), std::move(state), std::move(*kept), false};
}

void add_data_option(Command& command) {
    command.options.add_options()(
        "data", po::value<std::string>()->value_name("PATH"),
        "the file or folder that the trial was trained on, where it is now (default: where it was, around the result "
        "store, in the working directory and in the folders of UNROLL_DATA)")(
        "download", po::bool_switch(),
        "download the trial's data, when it is not where it was, from the url that the store names; without this "
        "nothing is downloaded");
}

std::string retraining(store::Store& store, store::Id trial, const Arguments& arguments) {
    const auto manifest = store::manifest_of(store, trial);
    const std::string file =
        manifest ? manifest->lexically_proximate(std::filesystem::current_path()).string() : "MANIFEST";
    const auto quoted = [](const std::string& path) {
        constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+";
        return path.find_first_not_of(plain) == path.npos ? path : fmt::format("\"{}\"", path);
    };
    return fmt::format("unroll run {} --remeasure{}", quoted(file),
                       arguments.has("db") ? " --db " + quoted(arguments.database.string()) : "");
}

}  // namespace unroll::cli
