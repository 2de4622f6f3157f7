// A trial that can be run, rebuilt from its stored config alone.
#include "sweep/runnable.h"

#include <map>

#include "json/write.h"
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
                return model::Model<float>(trial, task, catalog).parameters().size();
            },
            store::expectation_problem, std::move(start)};
}

RunnableTrial rebuild(const std::string& config, const plugins::Catalog& catalog, manifest::DatasetCache& datasets) {
    manifest::Plan plan =
        manifest::expand(config, "stored config", {}, catalog, manifest::Lookup::standard("stored config"), datasets,
                         host_queries(catalog));
    trial::Trial trial = std::move(plan.trials.at(0).trial);
    auto dataset = datasets.load(trial.dataset);
    model::Model<float> model(trial, dataset->task(), catalog);
    StartWeights start = start_weights(trial, dataset, catalog, datasets);
    return {std::move(trial), std::move(dataset), std::move(model), std::move(start)};
}

RunnableTrial rebuild(const std::string& config, const std::string& fingerprint, const std::string& name,
                      const plugins::Catalog& catalog, manifest::DatasetCache& datasets) {
    RunnableTrial runnable = rebuild(config, catalog, datasets);
    if (runnable.trial.fingerprint != fingerprint && runnable.trial.earlier_fingerprint != fingerprint)
        throw Error({name, "its dataset, or the revision of one of its plugins, has changed since it was trained",
                     "the dataset and plugins that it was trained with", "restore them, or run the manifest again"});
    return runnable;
}

}  // namespace unroll::sweep
