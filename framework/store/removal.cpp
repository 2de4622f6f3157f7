// Removing experiments from a store.
#include "store/removal.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/write.h"
#include "store/checkpoint_folder.h"
#include "store/connection.h"
#include "store/experiments.h"
#include "store/listing.h"
#include "store/references.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

std::string json_array(const std::vector<std::string>& names) {
    return json::dump(json::Array(names.begin(), names.end()));
}

/// Rows of `table` that belong to these trials.
std::int64_t count_rows(Database& database, std::string_view table, const std::vector<Id>& trials) {
    std::int64_t rows = 0;
    for (const Id trial : trials)
        rows += database.prepared(fmt::format("SELECT count(*) FROM {} WHERE trial_id = ?", table))
                    .integer(trial)
                    .value_or(0);
    return rows;
}

std::vector<std::string> fingerprints_of(Database& database, const std::vector<Id>& trials) {
    std::vector<std::string> fingerprints;
    for (const Id trial : trials)
        if (const auto found = database.prepared("SELECT fingerprint FROM trial WHERE id = ?").text(trial))
            fingerprints.push_back(*found);
    return fingerprints;
}

}  // namespace

Removal removal_of(Store& store, const std::vector<std::string>& experiments) {
    Database& database = store.database();
    Removal removal;
    for (const std::string& name : experiments) {
        find_experiment(store, name);
        auto& names = removal.experiments;
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    const std::string names = json_array(removal.experiments);
    const auto members = [](std::string_view among) {
        return fmt::format(
            "SELECT trial_id FROM membership JOIN experiment ON experiment.id = experiment_id WHERE name {}"
            " (SELECT value FROM json_each(?1))",
            among);
    };
    const std::string own = members("IN"), foreign = members("NOT IN");
    database.prepared(fmt::format("{} EXCEPT {} ORDER BY trial_id", own, foreign))
        .each([&](const Row& row) { removal.trials.push_back(row.integer(0)); }, names);
    removal.shared = database.prepared(fmt::format("SELECT count(*) FROM ({} INTERSECT {})", own, foreign))
                         .integer(names)
                         .value_or(0);
    database
        .prepared(fmt::format("SELECT DISTINCT name FROM experiment JOIN membership ON experiment.id = experiment_id"
                              " WHERE name NOT IN (SELECT value FROM json_each(?1)) AND trial_id IN ({}) ORDER BY name",
                              own))
        .each([&](const Row& row) { removal.others.push_back(row.text(0)); }, names);
    for (const Id trial : removal.trials) {
        removal.bytes += checkpoint_bytes(store, trial);
        removal.finished += database.prepared("SELECT count(*) FROM trial WHERE id = ? AND status = 'finished'")
                                .integer(trial)
                                .value_or(0);
        database.prepared("SELECT trial_id FROM judgement WHERE judge_id = ?")
            .each(
                [&](const Row& row) {
                    const auto& going = removal.trials;
                    removal.judgements += std::find(going.begin(), going.end(), row.integer(0)) == going.end();
                },
                trial);
    }
    removal.samples = count_rows(database, "sample", removal.trials);
    removal.checkpoints = count_rows(database, "checkpoint", removal.trials);
    return removal;
}

void remove(Store& store, const Removal& removal) {
    Database& database = store.database();
    const std::vector<std::string> fingerprints = fingerprints_of(database, removal.trials);
    std::vector<fs::path> files, folders;
    for (const std::string& fingerprint : fingerprints) {
        folders.push_back(checkpoint_folder(store.file(), fingerprint));
        folders.push_back(second_folder(folders.back()));
    }
    Transaction transaction(database);
    for (const Id trial : removal.trials)
        database.prepared("SELECT path FROM checkpoint WHERE trial_id = ?")
            .each([&](const Row& row) { files.push_back(checkpoint_file(store.file(), row.text(0))); }, trial);
    for (const std::string& name : removal.experiments) {
        database.execute(fmt::format("DROP VIEW IF EXISTS main.{}", quoted_name(name)));
        database.prepared("DELETE FROM membership WHERE experiment_id = (SELECT id FROM experiment WHERE name = ?)")
            .run(name);
        database.prepared("DELETE FROM experiment WHERE name = ?").run(name);
    }
    for (const Id trial : removal.trials) delete_trial(database, trial);
    for (const std::string& fingerprint : fingerprints)  // what gathers new results of a trial that goes
        while (const auto begun = renewed_row(database, fingerprint)) delete_trial(database, *begun);
    transaction.commit();
    for (const fs::path& folder : folders)
        for (fs::path& file : files_of_checkpoints(folder)) files.push_back(std::move(file));
    files.insert(files.end(), folders.begin(), folders.end());
    remove_checkpoints(store.file(), files);
    // A disk without room for the copy that this makes leaves the file as large as it was.
    database.forget_statements();
    sqlite3_exec(database.handle(), "VACUUM", nullptr, nullptr, nullptr);
}

}  // namespace unroll::store
