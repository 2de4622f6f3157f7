// The files of a merge.
#include "store/merge_checkpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "store/database.h"
#include "unroll/error.h"
#include "unroll/sha256.h"

namespace unroll::store {

namespace fs = std::filesystem;

struct CheckpointMerge::Row {
    std::int64_t step;
    fs::path file;
    std::string sha256;
    bool is_best;
    std::string created_at;
};

struct CheckpointMerge::Trial {
    Id there, here;
    std::string fingerprint;
};

CheckpointMerge::~CheckpointMerge() {
    std::error_code ignored;
    for (const auto& [copy, place] : copies_) fs::remove(copy, ignored);
}

void CheckpointMerge::run() {
    drop_replaced();
    std::vector<Trial> trials;
    store_.database()
        .prepared(
            "SELECT source_id, target_id, fingerprint FROM temp.pair JOIN main.trial ON id = target_id"
            " WHERE fate <> 'kept_other' AND source_id IN (SELECT trial_id FROM source.checkpoint) ORDER BY source_id")
        .each([&](const store::Row& row) {
            trials.push_back({row.integer(0), row.integer(1), row.text(2)});
        });
    for (const Trial& trial : trials) {
        merge(trial);
        mark(trial.here);
    }
}

/// Those of trials that give way to another trajectory.
void CheckpointMerge::drop_replaced() {
    Database& database = store_.database();
    constexpr std::string_view replaced = "(SELECT target_id FROM temp.pair WHERE fate = 'replaced_other')";
    database.prepared(fmt::format("SELECT path FROM main.checkpoint WHERE trial_id IN {}", replaced))
        .each([&](const store::Row& row) { obsolete_.push_back(checkpoint_file(store_.file(), row.text(0))); });
    database.execute(fmt::format("DELETE FROM main.checkpoint WHERE trial_id IN {}", replaced));
}

/// Of two with the same step the one with the smaller digest stays: they differ in times of day alone.
void CheckpointMerge::merge(const Trial& trial) {
    Database& database = store_.database();
    std::map<std::int64_t, std::pair<fs::path, std::string>> own;
    database.prepared("SELECT step, path, sha256 FROM main.checkpoint WHERE trial_id = ?")
        .each(
            [&](const store::Row& row) {
                own[row.integer(0)] = {checkpoint_file(store_.file(), row.text(1)), row.text(2)};
            },
            trial.here);
    std::vector<Row> rows;
    database
        .prepared(
            "SELECT step, path, sha256, is_best, created_at FROM source.checkpoint WHERE trial_id = ? ORDER BY step")
        .each(
            [&](const store::Row& row) {
                rows.push_back({row.integer(0), checkpoint_file(source_, row.text(1)), row.text(2), row.integer(3) != 0,
                                row.text(4)});
            },
            trial.there);
    const fs::path folder =
        own.empty() ? checkpoint_folder(store_.file(), trial.fingerprint) : own.rbegin()->second.first.parent_path();
    std::error_code ignored;
    for (const Row& row : rows) {
        const auto here = own.find(row.step);
        if (here != own.end() && here->second.second < row.sha256) continue;
        if (here != own.end() && here->second.second == row.sha256 && fs::exists(here->second.first, ignored)) continue;
        const fs::path place =
            here != own.end() ? here->second.first : folder / fmt::format("{}.safetensors", row.step);
        if (!copy(row, place)) continue;
        database
            .prepared(
                "INSERT OR REPLACE INTO main.checkpoint (trial_id, step, path, sha256, is_last, is_best, created_at)"
                " VALUES (?, ?, ?, ?, 0, ?, ?)")
            .run(trial.here, row.step, place.lexically_relative(store_.file().parent_path()).generic_string(),
                 row.sha256, row.is_best, row.created_at);
    }
}

/// False, and counted, when the file is not there or not the one that its row tells of.
bool CheckpointMerge::copy(const Row& row, const fs::path& to) {
    std::error_code error;
    if (!fs::is_regular_file(row.file, error) || sha256_of(row.file) != row.sha256) {
        ++missing_;
        return false;
    }
    fs::path beside = to;
    beside += ".merge";
    fs::create_directories(to.parent_path(), error);
    if (!error) fs::copy_file(row.file, beside, fs::copy_options::overwrite_existing, error);
    if (error)
        throw Error({beside, fmt::format("cannot be written: {}", error.message()), "space for a copied checkpoint",
                     "free some space, or change the folder's permissions, and merge again"});
    copies_.emplace_back(beside, to);
    ++copied_;
    bytes_ += std::uint64_t(fs::file_size(beside));
    return true;
}

/// The last is that of the latest step, and the best, where stores disagree, that of the trial's best loss.
void CheckpointMerge::mark(Id trial) {
    Database& database = store_.database();
    database
        .prepared(
            "UPDATE main.checkpoint SET is_last = (step = (SELECT max(step) FROM main.checkpoint WHERE trial_id = ?1))"
            " WHERE trial_id = ?1")
        .run(trial);
    database
        .prepared(
            "UPDATE main.checkpoint SET is_best = (step = (SELECT best_step FROM main.trial WHERE id = ?1))"
            " WHERE trial_id = ?1 AND (SELECT sum(is_best) FROM main.checkpoint WHERE trial_id = ?1) > 1")
        .run(trial);
}

void CheckpointMerge::finish() {
    std::error_code ignored;  // a file that does not get its place counts as missing: the next merge brings it
    for (const auto& [copy, place] : copies_) {
        fs::rename(copy, place, ignored);
        std::erase(obsolete_, place);
    }
    copies_.clear();
    for (const fs::path& file : obsolete_) fs::remove(file, ignored);
}

}  // namespace unroll::store
