// What a run would change in experiments that the store has.
#include "store/change.h"

#include <algorithm>
#include <set>

#include "json/write.h"
#include "store/database.h"
#include "store/listing.h"
#include "store/references.h"

namespace unroll::store {

namespace {

/// A file of a version that did not keep the manifest's path is read, too.
bool keeps_paths(Database& database) {
    const auto columns = columns_of(database, "experiment");
    return std::find(columns.begin(), columns.end(), "manifest_path") != columns.end();
}

std::string json_array(const std::vector<std::string>& texts) {
    return json::dump(json::Array(texts.begin(), texts.end()));
}

}  // namespace

ExperimentChange change_of(Store& store, const ExperimentRow& experiment, const std::vector<Membership>& members) {
    Database& database = store.database();
    ExperimentChange change;
    const std::string path = keeps_paths(database) ? "manifest_path" : "NULL";
    database.prepared("SELECT manifest, " + path + " FROM experiment WHERE name = ?")
        .each(
            [&](const Row& row) {
                change.exists = true;
                change.same_manifest = row.text(0) == experiment.manifest;
                if (!row.is_null(1))
                    change.manifest_file = (store.file().parent_path() / row.text(1)).lexically_normal();
            },
            experiment.name);
    std::set<std::string> asked;
    for (const Membership& member : members) asked.insert(member.fingerprint);
    database.prepared("SELECT trial_id, fingerprint FROM result WHERE experiment = ? ORDER BY place")
        .each(
            [&](const Row& row) {
                if (!asked.contains(row.text(1))) change.leaving.push_back(row.integer(0));
            },
            experiment.name);
    return change;
}

Holdings holdings_of(Store& store, const std::vector<std::string>& fingerprints,
                     const std::vector<std::string>& experiments) {
    Database& database = store.database();
    Holdings holdings;
    std::set<std::string> others;
    const std::string asking = json_array(experiments);
    for (const std::string& fingerprint : fingerprints) {
        const auto id = database
                            .prepared(
                                "SELECT id FROM trial WHERE fingerprint = ? AND id IN (SELECT trial_id FROM"
                                " attempt)")
                            .integer(fingerprint);
        if (!id) continue;
        ++holdings.trials;
        std::int64_t samples = 0;
        database
            .prepared(
                "SELECT status = 'finished', (SELECT count(*) FROM sample WHERE trial_id = trial.id),"
                " (SELECT count(*) FROM checkpoint WHERE trial_id = trial.id) FROM trial WHERE id = ?")
            .each(
                [&](const Row& row) {
                    holdings.finished += row.integer(0);
                    holdings.samples += samples = row.integer(1);
                    holdings.checkpoints += row.integer(2);
                },
                *id);
        holdings.bytes += checkpoint_bytes(store, *id);
        bool shared = false;
        database
            .prepared(
                "SELECT name FROM experiment JOIN membership ON experiment_id = experiment.id WHERE trial_id = ?"
                " AND name NOT IN (SELECT value FROM json_each(?))")
            .each(
                [&](const Row& row) {
                    shared = true;
                    others.insert(row.text(0));
                },
                *id, asking);
        holdings.shared += shared;
        if (shared) holdings.shared_samples += samples;
    }
    holdings.others.assign(others.begin(), others.end());
    return holdings;
}

}  // namespace unroll::store
