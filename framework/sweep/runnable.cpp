// A trial that can be run, rebuilt from its stored config alone.
#include "sweep/runnable.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

#include "base/transient.h"
#include "json/write.h"
#include "manifest/data_files/relocation.h"
#include "manifest/expand.h"
#include "store/expectations.h"
#include "sweep/start.h"
#include "unroll/error.h"

namespace unroll::sweep {

manifest::HostQueries host_queries(const plugins::Catalog& catalog, const std::filesystem::path& database) {
    std::function<json::Value(const json::Value&, const std::string&)> start;
    // The same weights for all trials of a manifest, found once.
    if (!database.empty())
        start = [database, found = std::make_shared<std::map<std::string, json::Value>>()](
                    const json::Value& asked, const std::string& manifest) {
            const std::string key = json::dump(asked) + manifest;
            if (const auto known = found->find(key); known != found->end()) return known->second;
            return found->emplace(key, find_start(asked, manifest, database)).first->second;
        };
    return {[&catalog](const trial::Trial& trial, const Task& task) {
                const model::Model<float> model(trial, task, catalog);
                return manifest::ModelSize{model.parameters().size(), model.state_size()};
            },
            store::expectation_problem, std::move(start)};
}

namespace {

RunnableTrial rebuild(const std::string& config, const plugins::Catalog& catalog, manifest::DatasetCache& datasets,
                      const manifest::Lookup& lookup) {
    manifest::Plan plan =
        manifest::expand(config, "stored config", {}, catalog, lookup, datasets, host_queries(catalog));
    trial::Trial trial = std::move(plan.trials.at(0).trial);
    auto dataset = datasets.load(trial.dataset);
    model::Model<float> model(trial, dataset->task(), catalog);
    StartWeights start = start_weights(trial, dataset, catalog, datasets);
    return {std::move(trial), std::move(dataset), std::move(model), std::move(start)};
}

/// A store that was not brought up to date knows trials by their earlier fingerprints.
bool is(const trial::Trial& trial, const std::string& fingerprint) {
    return trial.fingerprint == fingerprint || trial.earlier_fingerprint == fingerprint;
}

/// The trial when it can be rebuilt from this config and is the same one.
std::optional<RunnableTrial> same_trial(const std::string& config, const std::string& fingerprint,
                                        const plugins::Catalog& catalog, manifest::DatasetCache& datasets,
                                        const manifest::Lookup& lookup) {
    try {
        RunnableTrial runnable = rebuild(config, catalog, datasets, lookup);
        if (is(runnable.trial, fingerprint)) return runnable;
    } catch (const base::Problems&) {
    } catch (const Error&) {
    }
    return std::nullopt;
}

/// Whether other data explains it: the settings were right when the trial was stored.
bool is_of_data(const Problem& problem) {
    return problem.where.find(": dataset.") != std::string::npos ||
           problem.where.find(": training.") != std::string::npos;
}

base::TransientError nowhere(const std::string& name, const Problem& problem, const manifest::Lookup& lookup) {
    std::vector<std::string> folders;
    for (const std::filesystem::path& folder : lookup.folders) folders.push_back(folder.string());
    return base::TransientError(
        {fmt::format("{}: its data", name), problem.found,
         fmt::format("the data that it was trained on, there or in {}", fmt::join(folders, ", ")),
         "put it in one of these places, give the file or its folder with --data PATH, or name the folder in "
         "UNROLL_DATA"});
}

Error changed(const std::string& name) {
    return Error({name, "its dataset, or the revision of one of its plugins, has changed since it was trained",
                  "the dataset and plugins that it was trained with", "restore them, or run the manifest again"});
}

}  // namespace

RunnableTrial rebuild(const std::string& config, const plugins::Catalog& catalog, manifest::DatasetCache& datasets) {
    return rebuild(config, catalog, datasets, manifest::Lookup::standard("stored config"));
}

RunnableTrial rebuild(const std::string& config, const std::string& fingerprint, const std::string& name,
                      const plugins::Catalog& catalog, manifest::DatasetCache& datasets,
                      const manifest::Lookup& lookup) {
    std::exception_ptr problem;
    try {
        RunnableTrial runnable = rebuild(config, catalog, datasets, lookup);
        if (is(runnable.trial, fingerprint)) return runnable;
    } catch (const base::Problems&) {
        problem = std::current_exception();
    } catch (const Error&) {
        problem = std::current_exception();
    }
    std::vector<std::string> elsewhere;
    const auto add = [&](std::vector<std::string> configs) {
        std::move(configs.begin(), configs.end(), std::back_inserter(elsewhere));
    };
    if (!lookup.data.empty()) {
        if (auto given = manifest::with_data(config, catalog, lookup.data)) elsewhere.push_back(std::move(*given));
        add(manifest::relocated(config, catalog, {lookup.data}));
    }
    add(manifest::relocated(config, catalog, lookup.folders));
    for (const std::string& moved : elsewhere)
        if (auto found = same_trial(moved, fingerprint, catalog, datasets, lookup)) return std::move(*found);
    for (const std::string& moved : manifest::renamed(config, catalog, lookup.folders))
        if (auto found = same_trial(moved, fingerprint, catalog, datasets, lookup)) return std::move(*found);
    if (!problem) throw changed(name);
    try {
        std::rethrow_exception(problem);
    } catch (const base::Problems& problems) {
        if (problems.problems().size() == 1 && is_of_data(problems.problems().front()))
            throw nowhere(name, problems.problems().front(), lookup);
        throw;
    }
}

}  // namespace unroll::sweep
