// Where a trial's trained start weights come from.
#include "sweep/start.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/transient.h"
#include "json/parse.h"
#include "store/experiments.h"
#include "store/query.h"
#include "training/checkpoint_file.h"
#include "training/torch_weights.h"
#include "trial/metric.h"
#include "unroll/error.h"

namespace unroll::sweep {

namespace fs = std::filesystem;

namespace {

std::string text(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    return value && value->text() ? *value->text() : "";
}

/// The trials of an experiment that a condition over `result` holds for.
store::Table matching(store::Store& store, const std::string& experiment, const std::string& where) {
    try {
        return store::query(store, fmt::format("SELECT trial_id FROM result WHERE experiment = ? AND ({})", where),
                            {experiment});
    } catch (const Error& error) {
        Problem problem = error.problem();
        problem.where = "start.where";
        problem.expected = "a condition over the columns of the view result, as in \"hidden = 128 AND seed = 1\"";
        throw Error(std::move(problem));
    }
}

/// Those of the experiment that a condition over `result` holds for; all without one.
std::vector<store::MemberTrial> candidates(store::Store& store, const store::Experiment& experiment,
                                           const std::string& where) {
    const Size slash = experiment.metric.find('/');
    std::vector<store::MemberTrial> trials = store::trials_of(store, experiment, experiment.metric.substr(0, slash),
                                                              experiment.metric.substr(slash + 1), {});
    if (where.empty()) return trials;
    const store::Table table = matching(store, experiment.name, where);
    std::erase_if(trials, [&](const store::MemberTrial& trial) {
        return std::none_of(table.rows.begin(), table.rows.end(),
                            [&](const auto& row) { return row.at(0) == store::Value(trial.id); });
    });
    if (trials.empty())
        throw Error(
            {"start.where", fmt::format("{}, which holds for no trial of '{}'", where, experiment.name),
             "a condition over the columns of the view result",
             fmt::format("'unroll sql \"SELECT * FROM result WHERE experiment = '{}'\"' shows them", experiment.name)});
    return trials;
}

/// The best by the experiment's metric. All have to be finished, or the best would change.
store::Id best_of(const std::vector<store::MemberTrial>& trials, const store::Experiment& experiment) {
    const auto open = Size(
        std::count_if(trials.begin(), trials.end(), [](const auto& trial) { return !trial::is_done(trial.status); }));
    if (open)
        throw Error({"start.experiment",
                     fmt::format("'{}', of which {} of {} {} not finished", experiment.name, open,
                                 base::count_of(trials.size(), "trial"), open == 1 ? "is" : "are"),
                     "trials that are trained to their end", "run its manifest first, or name one of its trials"});
    const store::MemberTrial* best = nullptr;
    for (const store::MemberTrial& trial : trials) {
        if (!trial.value) continue;
        const bool better =
            best && (experiment.goal == "max" ? *trial.value > *best->value : *trial.value < *best->value);
        if (!best || better) best = &trial;
    }
    if (!best)
        throw Error({"start.experiment",
                     fmt::format("'{}', of which no trial has {}", experiment.name, experiment.metric),
                     "a finished trial", "run its manifest to the end first, or name one of its trials"});
    return best->id;
}

json::Value resolved(const json::Value& start, const fs::path& file, const training::SafetensorsFile& weights) {
    if (const std::string wanted = text(start, "file_digest"); !wanted.empty() && wanted != weights.sha256())
        throw Error({"start.file_digest", fmt::format("{}, which has the SHA-256 {}", file.string(), weights.sha256()),
                     wanted, "put the right file there, or correct the checksum if this is the right one"});
    json::Value found{json::Object{}};
    for (const json::Member& member : *start.object()) found.set(member.key, member.value);
    found.set("file", json::Value(file.string()));
    found.set("digest", json::Value(training::weights_digest(weights)));
    found.set("file_digest", json::Value(weights.sha256()));
    return found;
}

json::Value from_store(const json::Value& start, const fs::path& database) {
    const std::string name = text(start, "experiment"), trial = text(start, "trial");
    std::error_code ignored;
    if (!fs::exists(database, ignored))
        throw Error({"start.experiment", fmt::format("'{}', but there is no result store {}", name, database.string()),
                     "an experiment of the result store", "run its manifest first, or name another file with --db"});
    store::Store store(database, store::Store::Mode::read);
    if (!store::has_experiment(store, name))
        throw Error({"start.experiment", fmt::format("'{}', which {} does not have", name, database.string()),
                     "an experiment of the result store",
                     "run its manifest first; 'unroll list' shows those there are"});
    const store::Experiment experiment = store::find_experiment(store, name);
    const std::vector<store::MemberTrial> trials = candidates(store, experiment, text(start, "where"));
    const store::FoundTrial found =
        store::find_trial(store, trial.empty() ? std::to_string(best_of(trials, experiment)) : trial);
    if (std::none_of(trials.begin(), trials.end(), [&](const auto& member) { return member.id == found.id; }))
        throw Error({"start.trial", fmt::format("trial {}, which is not of '{}'", found.id, name),
                     "a trial of the experiment",
                     fmt::format("'unroll compare {} --by fingerprint' lists them", name)});
    if (found.status != trial::TrialStatus::finished)
        throw Error({"start.trial", fmt::format("trial {}, which is {}", found.id, trial::to_string(found.status)),
                     "a finished trial", "run its manifest to the end first"});
    const auto kept = store.states({found.fingerprint}).at(found.fingerprint).checkpoints;
    const bool best = text(start, "checkpoint") == "best";
    const auto chosen = best ? std::find_if(kept.begin(), kept.end(), [](const auto& each) { return each.is_best; })
                        : kept.empty() ? kept.end()
                                       : std::prev(kept.end());
    if (chosen == kept.end())
        throw Error(
            {"start.checkpoint", fmt::format("trial {}, which has no {} checkpoint", found.id, best ? "best" : "last"),
             "a kept checkpoint",
             best ? fmt::format("train it again with checkpoints of its evaluations: leave checkpoint_every out "
                                "of the manifest of '{}' and run it with --fresh",
                                name)
                  : fmt::format("train it again: run the manifest of '{}' with --fresh", name)});
    json::Value value = resolved(start, chosen->path, training::open_checkpoint(*chosen));
    value.set("trial", json::Value(found.fingerprint));
    value.set("step", json::Value(std::int64_t(chosen->step)));
    return value;
}

/// The start of a trial's config; null when there is none.
json::Value start_of(const std::string& config) {
    const json::Value parsed = json::parse(config, "stored config");
    const json::Value* start = parsed.find("start");
    return start ? *start : json::Value();
}

/// The file that a config's start names, checked to the last bit: symbols are known by what stands beside the weights.
/// Configs of earlier versions tell the digest of the weights only.
training::SafetensorsFile start_file(const json::Value& start, const fs::path& path) {
    training::SafetensorsFile file(path);
    const bool has_weights = training::weights_digest(file) == text(start, "digest");
    const std::string sha256 = text(start, "file_digest");
    if (has_weights && (sha256.empty() || file.sha256() == sha256)) return file;
    throw base::TransientError({path.string(),
                                has_weights ? "the weights that the trial starts from, in a file that has changed since"
                                            : "other weights than those that the trial starts from",
                                sha256.empty()
                                    ? fmt::format("weights of the digest {}…", text(start, "digest").substr(0, 12))
                                    : fmt::format("the file with the SHA-256 {}…", sha256.substr(0, 12)),
                                "restore the file, or run the manifest again"});
}

}  // namespace

json::Value find_start(const json::Value& start, const fs::path& manifest, const fs::path& database) {
    if (!text(start, "experiment").empty()) return from_store(start, fs::absolute(database).lexically_normal());
    const fs::path given = text(start, "file");
    fs::path file = fs::absolute(manifest).parent_path() / given;
    std::error_code ignored;
    if (!fs::exists(file, ignored)) file = fs::absolute(given);
    if (!fs::exists(file, ignored))
        throw Error({"start.file", fmt::format("no such file: {}", given.string()), "a safetensors file",
                     "give its path, absolute or from the manifest's folder"});
    file = file.lexically_normal();
    return resolved(start, file, training::SafetensorsFile(file));
}

StartWeights start_weights(const trial::Trial& trial, const std::shared_ptr<const Dataset>& dataset,
                           const plugins::Catalog& catalog, manifest::DatasetCache& datasets) {
    const json::Value start = start_of(trial.config);
    if (start.null()) return {};
    return [=, &catalog, &datasets](float* weights) {
        const fs::path path = text(start, "file");
        if (std::error_code ignored; !fs::exists(path, ignored))
            throw base::TransientError({path.string(), "no such file", "the weights that the trial starts from",
                                        "restore the file, then run again"});
        const training::SafetensorsFile file = start_file(start, path);
        training::Symbols symbols;
        std::shared_ptr<const Dataset> source;
        const auto listed = training::listed_vocabulary(file.metadata(), path);
        if (const auto config = file.metadata().find("config"); config != file.metadata().end()) {
            source = rebuild(config->second, catalog, datasets).dataset;
            symbols = {source->vocabulary(), source->target_vocabulary()};
        } else {
            symbols.inputs = listed.get();
        }
        return training::start_from(file, path, symbols, trial, *dataset, catalog, weights);
    };
}

std::vector<std::string> check_starts(const std::vector<TrialPlan>& workload, const plugins::Catalog& catalog,
                                      manifest::DatasetCache& datasets) {
    std::vector<std::string> notes;
    for (const TrialPlan& plan : workload) {
        const StartWeights start = start_weights(*plan.trial, plan.dataset, catalog, datasets);
        if (!start) continue;
        const json::Value from = start_of(plan.row.config);
        std::vector<float> weights(plan.row.parameters);
        const training::StartReport report = start(weights.data());
        const std::string name = text(from, "experiment");
        std::string note = name.empty() ? fmt::format("weights start from {}", text(from, "file"))
                                        : fmt::format("weights start from trial {} of '{}' (step {})",
                                                      text(from, "trial").substr(0, 12), name,
                                                      from.find("step") ? *from.find("step")->integer() : 0);
        if (report.symbols) note += fmt::format(": {} of {} symbols were known to it", report.matched, report.symbols);
        if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
    }
    return notes;
}

}  // namespace unroll::sweep
