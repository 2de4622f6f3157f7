// A trial's results copied to another one.
#include "store/results.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/checkpoint_files.h"
#include "store/database.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

/// The other's checkpoints up to `step` that the trial does not have, as files in `folder`. One whose file cannot be
/// made there is left out.
void link_checkpoints(Store& store, Id trial, Id other, std::uint64_t step, const fs::path& folder) {
    Database& database = store.database();
    struct Found {
        std::int64_t step;
        std::string path;
    };
    std::vector<Found> missing;
    database
        .prepared(
            "SELECT step, path FROM checkpoint WHERE trial_id = ?2 AND step <= ?3"
            " AND step NOT IN (SELECT step FROM checkpoint WHERE trial_id = ?1)")
        .each(
            [&](const Row& row) {
                missing.push_back({row.integer(0), row.text(1)});
            },
            trial, other, step);
    const fs::path base = store.file().parent_path();
    for (const Found& found : missing) {
        const fs::path from = checkpoint_file(store.file(), found.path), to = folder / from.filename();
        if (!link_checkpoint(from, to)) continue;
        database
            .prepared(
                "INSERT INTO checkpoint (trial_id, step, path, sha256, is_last, is_best, is_scheduled, created_at)"
                " SELECT ?, step, ?, sha256, 0, is_best, is_scheduled, created_at FROM checkpoint WHERE trial_id = ?"
                " AND step = ?")
            .run(trial, to.lexically_relative(base).generic_string(), other, found.step);
    }
    database
        .prepared(
            "UPDATE checkpoint SET is_last = (step = (SELECT max(step) FROM checkpoint WHERE trial_id = ?1))"
            " WHERE trial_id = ?1")
        .run(trial);
}

void copy_rows(Database& database, const ResultTable& table, Id to, Id from, std::string_view where) {
    database
        .prepared(fmt::format("INSERT OR IGNORE INTO {0} (trial_id, {1}) SELECT ?, {1} FROM {0} WHERE trial_id = ? {2}",
                              table.name, table.columns, where))
        .run(to, from);
}

}  // namespace

void unite_results(Store& store, Id kept, Id other, const fs::path& folder) {
    for (const ResultTable& table : result_tables) copy_rows(store.database(), table, kept, other, "");
    const auto end = store.database().prepared("SELECT max(step) FROM checkpoint WHERE trial_id = ?").integer(other);
    link_checkpoints(store, kept, other, static_cast<std::uint64_t>(end.value_or(0)), folder);
}

void take_over_part(Store& store, Id trial, const std::string& from, std::uint64_t step, const fs::path& folder) {
    Database& database = store.database();
    Id other = 0;
    std::uint64_t end = 0;
    database.prepared("SELECT id, ifnull(step, 0) FROM trial WHERE fingerprint = ?")
        .each(
            [&](const Row& row) {
                other = row.integer(0);
                end = static_cast<std::uint64_t>(row.integer(1));
            },
            from);
    if (other == 0) return;
    // At its end the other recorded what a trial that goes on does not: the test split, and the means of its last
    // steps.
    const std::string points = fmt::format(
        "AND step <= {0} AND series_id NOT IN (SELECT id FROM series WHERE split = 'test') AND NOT (step = {0} AND {0} "
        "="
        " {1} AND series_id IN (SELECT id FROM series WHERE split = 'train' AND name <> 'epoch_loss'))",
        step, end);
    for (const ResultTable& table : result_tables)
        if (table.name == "point")
            copy_rows(database, table, trial, other, points);
        else if (table.name == "sample" || table.name == "gradient")
            copy_rows(database, table, trial, other, fmt::format("AND step {} {}", step < end ? "<=" : "<", step));
        else if (table.name != "loss_by_position")
            copy_rows(database, table, trial, other, fmt::format("AND step <= {}", step));
    link_checkpoints(store, trial, other, step, folder);
}

}  // namespace unroll::store
