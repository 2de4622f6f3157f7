// The files of a merge.
#include "store/merge_checkpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <system_error>

#include "base/files.h"
#include "store/checkpoint_folder.h"
#include "store/connection.h"
#include "unroll/error.h"
#include "unroll/sha256.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

/// Returns the SHA-256 of what was copied.
std::string copy_bytes(const fs::path& from, base::AtomicFile& to, std::uint64_t& bytes) {
    std::ifstream stream(from, std::ios::binary);
    std::vector<char> buffer(1 << 20);
    Sha256 hash;
    while (stream) {
        stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        const std::string_view part(buffer.data(), static_cast<std::size_t>(stream.gcount()));
        hash.update(part);
        to.write(part);
        bytes += part.size();
    }
    return hash.digest();
}

}  // namespace

struct CheckpointMerge::Row {
    std::int64_t step;
    fs::path file;
    std::string sha256;
    bool is_best, is_scheduled;
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
            " WHERE fate <> 'kept_other' AND NOT (?1 AND fate = 'kept') AND source_id IN (SELECT trial_id FROM "
            "source.checkpoint) ORDER BY source_id")
        .each(
            [&](const store::Row& row) {
                trials.push_back({row.integer(0), row.integer(1), row.text(2)});
            },
            further_rules_);
    for (const Trial& trial : trials) {
        merge(trial);
        mark(trial.here);
    }
}

/// Those of trials that give way: to another trajectory or, if the further one rules, to one that is further.
void CheckpointMerge::drop_replaced() {
    Database& database = store_.database();
    const std::string replaced = fmt::format("(SELECT target_id FROM temp.pair WHERE fate IN ('replaced_other'{}))",
                                             further_rules_ ? ", 'replaced'" : "");
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
            "SELECT step, path, sha256, is_best, is_scheduled, created_at FROM source.checkpoint WHERE trial_id = ?"
            " ORDER BY step")
        .each(
            [&](const store::Row& row) {
                rows.push_back({row.integer(0), checkpoint_file(source_, row.text(1)), row.text(2), row.integer(3) != 0,
                                row.integer(4) != 0, row.text(5)});
            },
            trial.there);
    const fs::path first = checkpoint_folder(store_.file(), trial.fingerprint), second = second_folder(first);
    const bool in_second = !own.empty() && own.rbegin()->second.first.parent_path() == second;
    const fs::path& folder = in_second ? second : first;
    std::error_code ignored;
    for (const Row& row : rows) {
        const auto here = own.find(row.step);
        if (here != own.end() && here->second.second < row.sha256) continue;
        if (here != own.end() && here->second.second == row.sha256 && fs::exists(here->second.first, ignored)) continue;
        const fs::path place = folder / fmt::format("{}.safetensors", row.step);
        if (!copy(row, place)) continue;
        database
            .prepared(
                "INSERT OR REPLACE INTO main.checkpoint (trial_id, step, path, sha256, is_last, is_best, is_scheduled,"
                " created_at) VALUES (?, ?, ?, ?, 0, ?, ?, ?)")
            .run(trial.here, row.step, place.lexically_relative(store_.file().parent_path()).generic_string(),
                 row.sha256, row.is_best, row.is_scheduled, row.created_at);
    }
}

/// False, and counted, when the file is not there or not the one that its row tells of.
bool CheckpointMerge::copy(const Row& row, const fs::path& to) {
    fs::path beside = to;
    beside += ".merge";
    std::error_code ignored;
    std::uint64_t bytes = 0;
    if (row.file.empty() || row.sha256.empty() || !fs::is_regular_file(row.file, ignored) ||
        sha256_of(row.file) != row.sha256) {
        ++missing_;
        return false;
    }
    try {
        if (fs::is_symlink(to.parent_path(), ignored))
            throw std::system_error(std::make_error_code(std::errc::not_a_directory));
        base::AtomicFile file(beside);
        if (copy_bytes(row.file, file, bytes) != row.sha256) {  // it has changed just now
            ++missing_;
            return false;
        }
        file.commit();
    } catch (const std::system_error& error) {
        throw Error({beside, fmt::format("cannot be written: {}", error.code().message()),
                     "space for a copied checkpoint",
                     "free some space, or change the folder's permissions, and merge again"});
    }
    copies_.emplace_back(beside, to);
    ++copied_;
    bytes_ += bytes;
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
    drop_interruptions(trial);
}

/// What one of the stores kept to go on from, while the trial has ended in the other.
void CheckpointMerge::drop_interruptions(Id trial) {
    Database& database = store_.database();
    constexpr std::string_view those =
        "main.checkpoint WHERE trial_id = ?1 AND NOT is_scheduled AND NOT is_best AND NOT is_last"
        " AND (SELECT status FROM main.trial WHERE id = ?1) IN ('finished', 'diverged')";
    database.prepared(fmt::format("SELECT path FROM {}", those))
        .each(
            [&](const store::Row& row) {
                const fs::path folder = store_.file().parent_path();
                std::erase_if(copies_, [&](const auto& copy) {
                    std::error_code ignored;
                    return copy.second == folder / row.text(0) && (fs::remove(copy.first, ignored), true);
                });
                obsolete_.push_back(checkpoint_file(store_.file(), row.text(0)));
            },
            trial);
    database.prepared(fmt::format("DELETE FROM {}", those)).run(trial);
}

void CheckpointMerge::finish() {
    std::error_code ignored;  // a file that does not get its place counts as missing: the next merge brings it
    for (const auto& [copy, place] : copies_) {
        fs::rename(copy, place, ignored);
        std::erase(obsolete_, place);
        try {
            base::sync_folder(place.parent_path());
        } catch (const std::system_error&) {  // it would count as missing, too
        }
    }
    copies_.clear();
    remove_checkpoints(store_.file(), obsolete_);
}

}  // namespace unroll::store
