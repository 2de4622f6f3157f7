// What a Store holds: its connection and what it remembers of it. For this floor's own files.
#pragma once

#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/database.h"
#include "store/store.h"

namespace unroll::store {

struct Store::Connection {
    explicit Connection(Database opened) : database(std::move(opened)) {}

    /// The row that results of this trial go to, if it was ever planned: its own or, for runs, the one that gathers
    /// them while it is trained again (renewal.cpp).
    std::optional<Id> find(const std::string& fingerprint);
    /// Throws std::invalid_argument for a fingerprint that was never planned.
    Id trial(const std::string& fingerprint);
    /// Puts what was gathered in the place of the trial's own results; returns the files that no row names any longer.
    std::vector<std::filesystem::path> take_over(Store& store, const std::string& fingerprint);
    Id series(std::string_view split, std::string_view name);
    std::vector<training::CheckpointInfo> checkpoints(Id trial);  ///< oldest first
    /// Paths stand in the table relative to the file's folder.
    std::string relative(const std::filesystem::path& path) const;
    std::filesystem::path absolute(const std::string& path) const;
    /// Forgets ids of rows that a rolled back transaction may have made.
    void forget();

    Database database;
    bool for_runs = false;
    std::optional<std::int64_t> tells_scheduled;  ///< whether the file's version has checkpoint.is_scheduled
    std::unordered_map<std::string, Id> trials;
    std::vector<std::pair<std::pair<std::string, std::string>, Id>> all_series;
    std::optional<Statement> add_point;  ///< the one statement where time counts
};

/// What becomes of a trial's old results when its new ones take their place.
enum class Renewal {
    replacing,  ///< they are removed
    keeping,    ///< those stay that the new ones have nothing in place of, if both are of one build
};

/// The fingerprint of the row that gathers a trial's new results while it is trained again: one that ends in "+fresh".
std::string renewed(const std::string& fingerprint, Renewal renewal);
/// That row, if there is one.
std::optional<Id> renewed_row(Database& database, const std::string& fingerprint);

/// Where checkpoints are while those in a trial's checkpoint folder are still its own.
std::filesystem::path second_folder(std::filesystem::path checkpoint_folder);

/// Removes what SQLite leaves of a reader that may not write, once it has closed: an empty WAL, and its index.
void remove_empty_wal(const std::filesystem::path& file);

/// A trial that was never tried: queued, without a summary.
void clear_outcome(Database& database, Id trial);

/// In the transaction that ends an attempt, begins one or finds one dead: writes the trial's best and, when it
/// finished, its final columns from its points.
void summarise(Database& database, Id trial, trial::TrialStatus status);

}  // namespace unroll::store
