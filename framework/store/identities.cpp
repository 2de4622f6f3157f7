// Trials that an earlier version stored under a fingerprint of another rule.
#include <fmt/format.h>

#include <stdexcept>
#include <tuple>
#include <utility>

#include "store/checkpoint_files.h"
#include "store/checkpoint_folder.h"
#include "store/connection.h"
#include "store/results.h"
#include "store/schema.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

/// How much there is of a trial.
struct Extent {
    Id id = 0;
    bool is_done = false;
    std::int64_t step = 0, points = 0;
    std::string build;

    bool is_less_than(const Extent& other) const {
        return std::tuple(is_done, step, points, -id) < std::tuple(other.is_done, other.step, other.points, -other.id);
    }
};

Extent extent_of(Database& database, Id trial) {
    Extent extent{.id = trial, .build = {}};
    database
        .prepared(
            "SELECT status, ifnull(step, 0), (SELECT count(*) FROM point WHERE trial_id = trial.id),"
            " (SELECT build FROM attempt WHERE trial_id = trial.id ORDER BY number DESC LIMIT 1) FROM trial WHERE id = "
            "?")
        .each(
            [&](const Row& row) {
                extent.is_done = trial::is_done(trial::parse_status(row.text(0)));
                extent.step = row.integer(1);
                extent.points = row.integer(2);
                extent.build = row.text(3);
            },
            trial);
    return extent;
}

/// The other's place in experiments; where both have one, it is current when either is.
void unite_memberships(Database& database, Id kept, Id other) {
    database
        .prepared(
            "UPDATE membership SET current = 1, why = NULL WHERE trial_id = ?1 AND experiment_id IN"
            " (SELECT experiment_id FROM membership WHERE trial_id = ?2 AND current)")
        .run(kept, other);
    for (const char* statement : {"UPDATE OR IGNORE membership SET trial_id = ?1 WHERE trial_id = ?2",
                                  "UPDATE OR IGNORE judgement SET judge_id = ?1 WHERE judge_id = ?2"})
        database.prepared(statement).run(kept, other);
    for (const char* statement :
         {"DELETE FROM membership WHERE trial_id = ?", "DELETE FROM judgement WHERE judge_id = ?"})
        database.prepared(statement).run(other);
}

void remove_trial(Database& database, Id kept, Id other) {
    database
        .prepared(
            "UPDATE attempt SET trial_id = ?1, number = number - (SELECT max(number) FROM attempt WHERE trial_id = ?2)"
            " WHERE trial_id = ?2")
        .run(kept, other);
    database
        .prepared(
            "UPDATE attempt SET number = (SELECT count(*) FROM attempt AS earlier WHERE earlier.trial_id = ?1"
            " AND earlier.id <= attempt.id) + 1000000 WHERE trial_id = ?1")
        .run(kept);
    database.prepared("UPDATE attempt SET number = number - 1000000 WHERE trial_id = ?").run(kept);
    for (const std::string_view table : recorded_tables)
        database.prepared(fmt::format("DELETE FROM {} WHERE trial_id = ?", table)).run(other);
    for (const char* statement : {"DELETE FROM trial_plugin WHERE trial_id = ?", "DELETE FROM trial WHERE id = ?"})
        database.prepared(statement).run(other);
}

}  // namespace

std::vector<FoundTrial> Store::earlier_trials() {
    std::vector<FoundTrial> trials;
    Database& database = connection_->database;
    const auto is_there =
        database.prepared("SELECT 1 FROM pragma_table_info('trial') WHERE name = 'identity'").integer();
    database
        .prepared(fmt::format("SELECT id, fingerprint, config, seed, status FROM trial {} ORDER BY id",
                              is_there ? "WHERE identity IS NULL" : ""))
        .each([&](const Row& row) {
            trials.push_back({row.integer(0), row.text(1), row.text(2), static_cast<std::uint64_t>(row.integer(3)),
                              trial::parse_status(row.text(4))});
        });
    return trials;
}

void Store::identify(const std::string& fingerprint, const TrialIdentity& now) {
    Database& database = connection_->database;
    Transaction transaction(database);
    connection_->forget();
    const auto stored = database.prepared("SELECT id FROM trial WHERE fingerprint = ?").integer(fingerprint);
    if (!stored) throw std::invalid_argument(fmt::format("trial {} was never planned", fingerprint));
    Id kept = *stored;
    if (const auto twin = database.prepared("SELECT id FROM trial WHERE fingerprint = ?").integer(now.fingerprint);
        twin && *twin != kept) {
        Extent more = extent_of(database, *twin), less = extent_of(database, kept);
        if (more.is_less_than(less)) std::swap(more, less);
        kept = more.id;
        unite_memberships(database, more.id, less.id);
        const bool same_bits = less.build.empty() || less.build == more.build;
        if (same_bits) {
            unite_results(*this, more.id, less.id, store::checkpoint_folder(file(), now.fingerprint));
            remove_trial(database, more.id, less.id);
        } else {
            database
                .prepared(
                    "UPDATE trial SET identity = '', fingerprint = iif(fingerprint = ?1, fingerprint || '-' || id,"
                    " fingerprint) WHERE id = ?2")
                .run(now.fingerprint, less.id);
        }
    }
    database.prepared("UPDATE trial SET fingerprint = ?, identity = ?, trajectory = ? WHERE id = ?")
        .run(now.fingerprint, now.identity, now.trajectory, kept);
    const auto status = database.prepared("SELECT status FROM trial WHERE id = ?").text(kept);
    summarise(database, kept, trial::parse_status(status.value_or("queued")));

    // The files get their new names first and lose the old ones last: whenever this is cut off, rows name files.
    std::vector<fs::path> old;
    for (const training::CheckpointInfo& checkpoint : connection_->checkpoints(kept)) {
        const fs::path path = store::checkpoint_folder(file(), now.fingerprint) / checkpoint.path.filename();
        if (path == checkpoint.path || !link_checkpoint(checkpoint.path, path)) continue;
        database.prepared("UPDATE checkpoint SET path = ? WHERE trial_id = ? AND step = ?")
            .run(connection_->relative(path), kept, checkpoint.step);
        old.push_back(checkpoint.path);
    }
    transaction.commit();
    for (std::size_t i = 0, count = old.size(); i < count; ++i) old.push_back(old[i].parent_path());
    remove_checkpoints(file(), old);
}

}  // namespace unroll::store
