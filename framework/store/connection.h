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

    /// Throws std::invalid_argument for a fingerprint that was never planned.
    Id trial(const std::string& fingerprint);
    Id series(std::string_view split, std::string_view name);
    std::vector<training::CheckpointInfo> checkpoints(Id trial);  ///< oldest first
    /// Paths stand in the table relative to the file's folder.
    std::string relative(const std::filesystem::path& path) const;
    std::filesystem::path absolute(const std::string& path) const;
    /// Forgets ids of rows that a rolled back transaction may have made.
    void forget();

    Database database;
    std::unordered_map<std::string, Id> trials;
    std::vector<std::pair<std::pair<std::string, std::string>, Id>> all_series;
    std::optional<Statement> add_point;  ///< the one statement where time counts
};

/// In the transaction that ends an attempt, begins one or finds one dead: writes the trial's best and, when it
/// finished, its final columns from its points.
void summarise(Database& database, Id trial, trial::TrialStatus status);

}  // namespace unroll::store
