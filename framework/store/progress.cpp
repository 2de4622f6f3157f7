// How far the trials of a store are, in few and quick queries.
#include "store/progress.h"

#include <fmt/format.h>

#include "store/database.h"
#include "unroll/error.h"

namespace unroll::store {

namespace {

/// The step that a row of trial has reached: a look at the last point of each series, whatever their number.
constexpr std::string_view reached_by_points =
    "(SELECT max(last) FROM (SELECT (SELECT max(step) FROM point WHERE point.trial_id = trial.id"
    " AND series_id = series.id) AS last FROM series))";

}  // namespace

Progress progress_of(Store& store, const std::string& experiment) {
    Database& database = store.database();
    if (!has_experiment(store, experiment)) find_experiment(store, experiment);  // which says what there is
    Progress progress;
    progress.statuses = status_counts(store, experiment);
    database
        .prepared(
            fmt::format("SELECT trial.id, axes, ifnull({}, 0), steps,"
                        " (SELECT value FROM point WHERE trial_id = trial.id AND series_id = (SELECT id FROM series"
                        "  WHERE split = 'train' AND name = 'loss') ORDER BY step DESC LIMIT 1),"
                        " (SELECT julianday('now') - julianday(max(heartbeat_at)) > 60.0 / 86400 FROM attempt"
                        "  WHERE trial_id = trial.id AND outcome = 'running')"
                        " FROM membership JOIN experiment ON experiment.id = experiment_id"
                        " JOIN trial ON trial.id = trial_id"
                        " WHERE experiment.name = ? AND current AND status = 'running' ORDER BY place",
                        reached_by_points))
        .each(
            [&](const Row& row) {
                progress.running.push_back({row.integer(0), row.text(1), row.integer(2), row.integer(3),
                                            row.optional_real(4), row.integer(5) != 0});
            },
            experiment);
    database
        .prepared(
            "SELECT max(ended_at), max((SELECT max(id) FROM sample WHERE sample.trial_id = result.trial_id))"
            " FROM result WHERE experiment = ?")
        .each(
            [&](const Row& row) {
                progress.last_end = row.text(0);
                progress.last_sample = row.integer(1);
            },
            experiment);
    return progress;
}

std::vector<ExperimentProgress> progress_of_all(Store& store) {
    std::vector<ExperimentProgress> list;
    store.database()
        .prepared("SELECT name, about, updated_at FROM experiment ORDER BY updated_at DESC, name")
        .each([&](const Row& row) {
            list.push_back({row.text(0), row.text(1), row.text(2), {}});
        });
    for (ExperimentProgress& experiment : list) experiment.statuses = status_counts(store, experiment.name);
    return list;
}

std::vector<TrialProgress> trials_with_progress(Store& store, const Experiment& experiment, std::size_t most) {
    std::vector<TrialProgress> list;
    store.database()
        .prepared(
            fmt::format("SELECT trial_id, axes, status, ifnull(iif(status = 'running', {}, step), 0), steps,"
                        " CASE status WHEN 'finished' THEN (SELECT value FROM point WHERE trial_id = trial.id"
                        "  AND series_id = (SELECT id FROM series WHERE split || '/' || name = ?2)"
                        "  ORDER BY step DESC LIMIT 1) END"
                        " FROM result AS trial WHERE experiment = ?1 ORDER BY status <> 'running', place LIMIT ?3",
                        reached_by_points))
        .each(
            [&](const Row& row) {
                list.push_back({row.integer(0), row.text(1), trial::parse_status(row.text(2)), row.integer(3),
                                row.integer(4), row.optional_real(5)});
            },
            experiment.name, experiment.metric, static_cast<std::int64_t>(most));
    return list;
}

TrialMark mark_of(Store& store, Id trial) {
    std::optional<TrialMark> found;
    store.database()
        .prepared(fmt::format("SELECT status, ifnull(iif(status = 'running', {}, step), 0), steps,"
                              " (SELECT count(*) FROM attempt WHERE trial_id = trial.id),"
                              " (SELECT max(id) FROM sample WHERE trial_id = trial.id),"
                              " (SELECT total((SELECT max(step) FROM point WHERE trial_id = trial.id AND"
                              "  series_id = series.id)) FROM series) FROM trial WHERE id = ?",
                              reached_by_points))
        .each(
            [&](const Row& row) {
                found = {trial::parse_status(row.text(0)),
                         row.integer(1),
                         row.integer(2),
                         row.integer(3),
                         row.integer(4),
                         row.integer(5)};
            },
            trial);
    if (!found)
        throw Error({store.file(), fmt::format("no trial {}", trial), "the number of a trial of this store",
                     "list them with: unroll list EXPERIMENT"});
    return *found;
}

std::vector<TrialPlace> memberships_of(Store& store, Id trial) {
    std::vector<TrialPlace> places;
    store.database()
        .prepared(
            "SELECT name, axes FROM membership JOIN experiment ON experiment.id = experiment_id"
            " WHERE trial_id = ? AND current ORDER BY name")
        .each(
            [&](const Row& row) {
                places.push_back({row.text(0), row.text(1)});
            },
            trial);
    return places;
}

}  // namespace unroll::store
