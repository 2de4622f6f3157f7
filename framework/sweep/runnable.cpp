// A trial that can be run, rebuilt from its stored config alone.
#include "sweep/runnable.h"

#include "manifest/expand.h"
#include "store/expectations.h"
#include "unroll/error.h"

namespace unroll::sweep {

manifest::HostQueries host_queries(const plugins::Catalog& catalog) {
    return {[&catalog](const trial::Trial& trial, const Task& task) {
                return model::Model<float>(trial, task, catalog).parameters().size();
            },
            store::expectation_problem};
}

RunnableTrial rebuild(const std::string& config, const plugins::Catalog& catalog, manifest::DatasetCache& datasets) {
    manifest::Plan plan =
        manifest::expand(config, "stored config", {}, catalog, manifest::Lookup::standard("stored config"), datasets,
                         host_queries(catalog));
    trial::Trial trial = std::move(plan.trials.at(0).trial);
    auto dataset = datasets.load(trial.dataset);
    model::Model<float> model(trial, dataset->task(), catalog);
    return {std::move(trial), std::move(dataset), std::move(model)};
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
