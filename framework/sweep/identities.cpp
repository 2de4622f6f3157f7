// What trials of an earlier version are known by today.
#include "sweep/identities.h"

#include <algorithm>
#include <optional>

#include "base/diagnostics.h"
#include "json/parse.h"
#include "json/write.h"
#include "sweep/runnable.h"
#include "unroll/error.h"

namespace unroll::sweep {

namespace {

json::Value dataset_of(const std::string& config) {
    const json::Value parsed = json::parse(config, "stored config");
    const json::Value* dataset = parsed.find("dataset");
    return dataset ? *dataset : json::Value();
}

/// The distinct datasets of the workload, as configs name them.
std::vector<json::Value> datasets_of(const std::vector<TrialPlan>& workload) {
    std::vector<json::Value> all;
    for (const TrialPlan& trial : workload) {
        json::Value dataset = dataset_of(trial.row.config);
        if (std::find(all.begin(), all.end(), dataset) == all.end()) all.push_back(std::move(dataset));
    }
    return all;
}

std::optional<store::TrialIdentity> identity_of(const std::string& config, const std::string& fingerprint,
                                                const plugins::Catalog& catalog, manifest::DatasetCache& datasets) {
    try {
        const trial::Trial trial = rebuild(config, catalog, datasets).trial;
        if (trial.earlier_fingerprint != fingerprint) return std::nullopt;
        return store::TrialIdentity{trial.fingerprint, trial.identity, trial.trajectory};
    } catch (const Error&) {
    } catch (const base::Problems&) {
    }
    return std::nullopt;  // it cannot be made here
}

}  // namespace

std::vector<Identified> identify_earlier(store::Store& store, const std::vector<TrialPlan>& workload,
                                         const plugins::Catalog& catalog, manifest::DatasetCache& datasets) {
    std::vector<Identified> identified;
    const std::vector<store::FoundTrial> earlier = store.earlier_trials();
    if (earlier.empty()) return identified;
    const std::vector<json::Value> known = datasets_of(workload);
    for (const store::FoundTrial& trial : earlier) {
        json::Value config = json::parse(trial.config, "stored config");
        const json::Value own = dataset_of(trial.config);
        const auto is_like = [&](const json::Value& dataset) {
            const json::Value *one = dataset.find("plugin"), *other = own.find("plugin");
            return one && other && *one == *other;
        };
        std::vector<json::Value> candidates;
        std::copy_if(known.begin(), known.end(), std::back_inserter(candidates), is_like);
        if (std::find(candidates.begin(), candidates.end(), own) == candidates.end()) candidates.push_back(own);
        for (const json::Value& dataset : candidates) {
            config.set("dataset", dataset);
            const auto now = identity_of(json::dump(config), trial.fingerprint, catalog, datasets);
            if (!now) continue;
            identified.push_back({trial.fingerprint, *now});
            break;
        }
    }
    return identified;
}

void renew_identities(const std::filesystem::path& database, const std::vector<TrialPlan>& workload,
                      const plugins::Catalog& catalog, manifest::DatasetCache& datasets) {
    std::error_code ignored;
    if (!std::filesystem::exists(database, ignored)) return;
    const store::RunnerLock lock(database);
    store::Store store(database, store::Store::Mode::write);
    for (const Identified& trial : identify_earlier(store, workload, catalog, datasets))
        store.identify(trial.stored, trial.now);
    store.close();
}

}  // namespace unroll::sweep
