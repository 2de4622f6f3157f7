// Removing checkpoints that nobody needs.
#include "store/pruning.h"

#include <algorithm>
#include <set>

#include "store/database.h"
#include "store/experiments.h"
#include "store/listing.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

using Ids = std::set<Id>;

template <class... Parameters>
Ids ids(Database& database, std::string_view sql, const Parameters&... parameters) {
    Ids result;
    database.prepared(sql).each([&](const Row& row) { result.insert(row.integer(0)); }, parameters...);
    return result;
}

/// Trials of an experiment, in its manifest or in an earlier one.
Ids members_of(Database& database, const std::string& experiment) {
    return ids(database,
               "SELECT trial_id FROM membership JOIN experiment ON experiment.id = experiment_id WHERE name = ?",
               experiment);
}

/// The finished trials of an experiment whose last values of its metric are the best.
Ids best_of(Database& database, const std::string& experiment, Size count) {
    return ids(database, R"sql(
SELECT id FROM (
  SELECT trial.id, goal, (SELECT value FROM metric WHERE metric.trial_id = trial.id
                          AND split || '/' || metric.name = experiment.metric ORDER BY step DESC LIMIT 1) AS last
  FROM experiment JOIN membership ON membership.experiment_id = experiment.id
       JOIN trial ON trial.id = membership.trial_id
  WHERE experiment.name = ? AND current AND status = 'finished')
WHERE last IS NOT NULL ORDER BY iif(goal = 'min', last, -last), id LIMIT ?)sql",
               experiment, count);
}

std::vector<std::string> all_experiments(Database& database) {
    std::vector<std::string> names;
    database.prepared("SELECT name FROM experiment ORDER BY name").each([&](const Row& row) {
        names.push_back(row.text(0));
    });
    return names;
}

std::uint64_t size_of_file(const fs::path& file) {
    std::error_code missing;
    const auto size = fs::file_size(file, missing);
    return missing ? 0 : std::uint64_t(size);
}

/// What the trial would lose; no steps when that is nothing.
PrunedTrial pruned(Store& store, Id trial, const PruneRequest& request) {
    Database& database = store.database();
    PrunedTrial result;
    result.id = trial;
    const std::optional<std::int64_t> age =
        request.older_than ? std::optional<std::int64_t>(request.older_than->count()) : std::nullopt;
    database
        .prepared(
            "SELECT step, path, created_at FROM checkpoint WHERE trial_id = ?1 AND (?2 IS NULL OR created_at <"
            " strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || ?2 || ' seconds')) ORDER BY step")
        .each(
            [&](const Row& row) {
                result.steps.push_back(static_cast<std::uint64_t>(row.integer(0)));
                result.bytes += size_of_file(checkpoint_file(store.file(), row.text(1)));
                result.newest = std::max(result.newest, row.text(2));
            },
            trial, age);
    database
        .prepared(
            "SELECT name, axes FROM experiment JOIN membership ON experiment.id = experiment_id WHERE trial_id = ?"
            " ORDER BY name")
        .each(
            [&](const Row& row) {
                result.experiments += (result.experiments.empty() ? "" : ", ") + row.text(0);
                if (result.axes.empty()) result.axes = row.text(1);
            },
            trial);
    return result;
}

}  // namespace

Pruning pruning_of(Store& store, const PruneRequest& request) {
    Database& database = store.database();
    Ids asked, foreign, best;
    for (const std::string& name : all_experiments(database)) {
        const auto& chosen = request.experiments;
        const bool is_asked = chosen.empty() || std::find(chosen.begin(), chosen.end(), name) != chosen.end();
        (is_asked ? asked : foreign).merge(members_of(database, name));
        if (is_asked && request.keep_best) best.merge(best_of(database, name, *request.keep_best));
    }
    for (const std::string& name : request.experiments) find_experiment(store, name);
    if (request.experiments.empty()) asked = ids(database, "SELECT id FROM trial");
    const Ids done = ids(database, "SELECT id FROM trial WHERE status IN ('finished', 'diverged')");
    Pruning pruning;
    for (const Id trial : asked) {
        if (best.contains(trial)) continue;
        PrunedTrial lost = pruned(store, trial, request);
        if (lost.steps.empty()) continue;
        if (!done.contains(trial)) {
            ++pruning.unfinished;
        } else if (foreign.contains(trial)) {
            ++pruning.shared;
        } else {
            pruning.checkpoints += std::int64_t(lost.steps.size());
            pruning.bytes += lost.bytes;
            pruning.trials.push_back(std::move(lost));
        }
    }
    return pruning;
}

void prune(Store& store, const Pruning& pruning) {
    Database& database = store.database();
    std::vector<fs::path> files;
    Transaction transaction(database);
    for (const PrunedTrial& trial : pruning.trials)
        for (const std::uint64_t step : trial.steps) {
            if (const auto path = database.prepared("SELECT path FROM checkpoint WHERE trial_id = ? AND step = ?")
                                      .text(trial.id, step))
                files.push_back(checkpoint_file(store.file(), *path));
            database.prepared("DELETE FROM checkpoint WHERE trial_id = ? AND step = ?").run(trial.id, step);
        }
    transaction.commit();
    for (std::size_t i = 0, count = files.size(); i < count; ++i) files.push_back(files[i].parent_path());
    remove_checkpoints(store.file(), files);
}

}  // namespace unroll::store
