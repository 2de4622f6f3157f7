// What was measured of trials besides their series.
#include "store/measurements.h"

#include "store/database.h"
#include "store/experiments.h"

namespace unroll::store {

std::vector<PositionRow> positions_of(Store& store, Id trial) {
    std::vector<PositionRow> rows;
    store.database()
        .prepared(
            "SELECT split, position, value, accuracy FROM loss_by_position WHERE trial_id = ? ORDER BY split, position")
        .each(
            [&](const Row& row) {
                rows.push_back({row.text(0), row.integer(1), row.real(2), row.optional_real(3)});
            },
            trial);
    return rows;
}

std::vector<LagRow> last_gradients_of(Store& store, Id trial) {
    std::vector<LagRow> rows;
    store.database()
        .prepared(
            "SELECT step, lag, norm FROM gradient WHERE trial_id = ?1"
            " AND step = (SELECT max(step) FROM gradient WHERE trial_id = ?1) ORDER BY lag")
        .each(
            [&](const Row& row) {
                rows.push_back({row.integer(0), row.integer(1), row.real(2)});
            },
            trial);
    return rows;
}

std::vector<SampleRow> last_samples_of(Store& store, Id trial) {
    return last_samples_of(store, trial, 1);
}

std::vector<SampleRow> last_samples_of(Store& store, Id trial, std::size_t steps) {
    std::vector<SampleRow> rows;
    store.database()
        .prepared(
            "SELECT step, kind, sampler, temperature, prompt, text, target, correct, image, number, known_word_rate,"
            " distinct_3, repetition, longest_copy FROM sample WHERE trial_id = ?1 AND step IN"
            " (SELECT DISTINCT step FROM sample WHERE trial_id = ?1 ORDER BY step DESC LIMIT ?2)"
            " ORDER BY step DESC, id")
        .each(
            [&](const Row& row) {
                SampleRow& sample = rows.emplace_back();
                sample.step = row.integer(0);
                sample.kind = row.text(1);
                sample.sampler = row.text(2);
                sample.temperature = row.optional_real(3);
                sample.prompt = row.text(4);
                sample.text = row.text(5);
                sample.target = row.text(6);
                if (!row.is_null(7)) sample.correct = row.integer(7) != 0;
                sample.image = row.text(8);
                sample.number = row.integer(9);
                sample.known_word_rate = row.optional_real(10);
                sample.distinct_3 = row.optional_real(11);
                sample.repetition = row.optional_real(12);
                if (!row.is_null(13)) sample.longest_copy = row.integer(13);
            },
            trial, static_cast<std::int64_t>(steps));
    return rows;
}

Origin origin_of(Store& store, const std::string& experiment) {
    find_experiment(store, experiment);
    Origin origin;
    // A store of an earlier version, read as it is, has no manifest_path.
    const bool has_path = store.database()
                              .prepared("SELECT 1 FROM pragma_table_info('experiment') WHERE name = 'manifest_path'")
                              .integer()
                              .has_value();
    store.database()
        .prepared(has_path ? "SELECT about, manifest, updated_at, manifest_path FROM experiment WHERE name = ?"
                           : "SELECT about, manifest, updated_at, NULL FROM experiment WHERE name = ?")
        .each(
            [&](const Row& row) {
                origin = {row.text(0), row.text(1), row.text(3), row.text(2)};
            },
            experiment);
    return origin;
}

std::vector<Place> places_of(Store& store, const std::string& experiment) {
    std::vector<Place> places;
    store.database()
        .prepared(
            "SELECT build, host, jobs, count(*), min(started_at), max(ifnull(attempt.ended_at, heartbeat_at)) AS last"
            " FROM attempt JOIN result USING (trial_id) WHERE experiment = ? GROUP BY build, host, jobs"
            " ORDER BY last DESC")
        .each(
            [&](const Row& row) {
                places.push_back({row.text(0), row.text(1), row.integer(2), row.integer(3), row.text(4), row.text(5)});
            },
            experiment);
    return places;
}

Table plugins_of(Store& store, const std::string& experiment) {
    Table table{{"kind", "name", "revision"}, {}};
    store.database()
        .prepared(
            "SELECT DISTINCT kind, name, revision FROM result JOIN trial_plugin USING (trial_id)"
            " JOIN plugin ON plugin.id = plugin_id WHERE experiment = ? ORDER BY kind, name, revision")
        .each(
            [&](const Row& row) {
                table.rows.push_back({row.text(0), row.text(1), row.text(2)});
            },
            experiment);
    return table;
}

}  // namespace unroll::store
