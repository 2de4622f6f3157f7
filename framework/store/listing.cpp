// What is in a store, at a glance.
#include "store/listing.h"

#include <algorithm>

#include "store/database.h"

namespace unroll::store {

namespace {

namespace fs = std::filesystem;

std::uint64_t size_of_file(const fs::path& file) {
    std::error_code missing;
    const auto size = fs::file_size(file, missing);
    return missing ? 0 : std::uint64_t(size);
}

/// The paths of some rows of `checkpoint`, added up.
template <class... Parameters>
std::uint64_t bytes_of(Store& store, std::string_view sql, const Parameters&... parameters) {
    std::uint64_t bytes = 0;
    store.database().prepared(sql).each(
        [&](const Row& row) { bytes += size_of_file(checkpoint_file(store.file(), row.text(0))); }, parameters...);
    return bytes;
}

/// The last value of the experiment's metric for a row of trial.
constexpr std::string_view last_value =
    "(SELECT value FROM point WHERE point.trial_id = trial.id AND series_id ="
    " (SELECT id FROM series WHERE split || '/' || series.name = experiment.metric) ORDER BY point.step DESC LIMIT 1)";

}  // namespace

std::vector<ExperimentSummary> list_experiments(Store& store) {
    Database& database = store.database();
    std::vector<ExperimentSummary> list;
    database
        .prepared(
            "SELECT name, about, metric,"
            " (SELECT count(*) FROM membership WHERE experiment_id = experiment.id AND current),"
            " (SELECT count(*) FROM membership WHERE experiment_id = experiment.id AND NOT current),"
            " (SELECT iif(goal = 'min', min(last), max(last)) FROM (SELECT " +
            std::string(last_value) +
            " AS last FROM trial JOIN membership ON trial_id = trial.id"
            "  WHERE experiment_id = experiment.id AND current AND status = 'finished')),"
            " ifnull((SELECT max(heartbeat_at) FROM attempt JOIN membership USING (trial_id)"
            "  WHERE experiment_id = experiment.id), updated_at) AS last_run"
            " FROM experiment ORDER BY last_run DESC, name")
        .each([&](const Row& row) {
            ExperimentSummary& summary = list.emplace_back();
            summary.name = row.text(0);
            summary.about = row.text(1);
            summary.metric = row.text(2);
            summary.trials = row.integer(3);
            summary.former = row.integer(4);
            summary.best = row.optional_real(5);
            summary.last_run = row.text(6);
        });
    for (ExperimentSummary& summary : list) {
        summary.statuses = status_counts(store, summary.name);
        summary.bytes = bytes_of(store,
                                 "SELECT path FROM checkpoint JOIN membership USING (trial_id)"
                                 " JOIN experiment ON experiment.id = experiment_id WHERE name = ?",
                                 summary.name);
    }
    return list;
}

std::vector<ListedTrial> list_trials(Store& store, const std::string& experiment) {
    find_experiment(store, experiment);
    std::vector<ListedTrial> list;
    // A file of an earlier version, which is only read, does not tell causes.
    const bool tells_cause = store.database()
                                 .prepared("SELECT 1 FROM pragma_table_info('trial') WHERE name = 'cause'")
                                 .integer()
                                 .has_value();
    store.database()
        .prepared("SELECT trial.id, fingerprint, axes, status, " + std::string(tells_cause ? "cause" : "NULL") +
                  ","
                  " ifnull(iif(status = 'running', (SELECT max(step) FROM point WHERE trial_id = trial.id), step), 0), "
                  "steps, iif(status = 'finished', " +
                  std::string(last_value) +
                  ", NULL), ended_at, current FROM membership JOIN experiment ON experiment.id = experiment_id"
                  " JOIN trial ON trial.id = trial_id WHERE experiment.name = ? ORDER BY current DESC, place, trial.id")
        .each(
            [&](const Row& row) {
                list.push_back({row.integer(0), row.text(1), row.text(2), trial::parse_status(row.text(3)), row.text(4),
                                row.integer(5), row.integer(6), row.optional_real(7), row.text(8), 0,
                                row.integer(9) != 0});
            },
            experiment);
    for (ListedTrial& trial : list) trial.bytes = checkpoint_bytes(store, trial.id);
    return list;
}

StoreSize size_of(Store& store) {
    Database& database = store.database();
    StoreSize size;
    size.database = size_of_file(store.file());
    size.checkpoints = bytes_of(store, "SELECT path FROM checkpoint");
    size.trials =
        database.prepared("SELECT count(*) FROM trial WHERE fingerprint NOT LIKE '%+fresh'").integer().value_or(0);
    size.alone = database
                     .prepared(
                         "SELECT count(*) FROM trial WHERE id NOT IN (SELECT trial_id FROM membership)"
                         " AND fingerprint NOT LIKE '%+fresh'")
                     .integer()
                     .value_or(0);
    return size;
}

std::uint64_t checkpoint_bytes(Store& store, Id trial) {
    return bytes_of(store, "SELECT path FROM checkpoint WHERE trial_id = ?", trial);
}

}  // namespace unroll::store
