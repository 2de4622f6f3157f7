// Training a trial again while what it has stays in place: a row beside the trial's own gathers the new results, and
// takes its place in the transaction in which the new attempt ends.
#include <fmt/format.h>

#include <algorithm>

#include "store/checkpoint_folder.h"
#include "store/connection.h"
#include "store/references.h"
#include "store/results.h"
#include "store/schema.h"
#include "unroll/error.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

/// Columns of `trial` that stay as they are when results take the place of others.
constexpr std::array<std::string_view, 3> kept_columns{"id", "fingerprint", "created_at"};

/// Tables that tell what a trial is, not what came of it.
bool is_of_results(const Reference& reference) {
    return reference.table != "membership" && reference.table != "trial_plugin";
}

std::optional<Id> id_of(Database& database, const std::string& fingerprint) {
    return database.prepared("SELECT id FROM trial WHERE fingerprint = ?").integer(fingerprint);
}

std::vector<std::string> further_columns(Database& database) {
    std::vector<std::string> columns = columns_of(database, "trial");
    std::erase_if(columns, [](const std::string& column) {
        return std::find(kept_columns.begin(), kept_columns.end(), column) != kept_columns.end();
    });
    return columns;
}

}  // namespace

std::string renewed(const std::string& fingerprint, Renewal renewal) {
    return fingerprint + (renewal == Renewal::keeping ? "+kept+fresh" : "+fresh");
}

std::optional<Id> renewed_row(Database& database, const std::string& fingerprint) {
    const auto row = id_of(database, renewed(fingerprint, Renewal::replacing));
    return row ? row : id_of(database, renewed(fingerprint, Renewal::keeping));
}

fs::path second_folder(fs::path checkpoint_folder) {
    checkpoint_folder += ".2";
    return checkpoint_folder;
}

std::optional<Id> Store::Connection::find(const std::string& fingerprint) {
    const auto known = trials.find(fingerprint);
    if (known != trials.end()) return known->second;
    auto id = for_runs ? renewed_row(database, fingerprint) : std::nullopt;
    if (!id) id = id_of(database, fingerprint);
    if (id) trials.emplace(fingerprint, *id);
    return id;
}

void Store::renew(const std::string& fingerprint) {
    Database& database = connection_->database;
    Transaction transaction(database);
    const auto trial = id_of(database, fingerprint);
    while (const auto begun = renewed_row(database, fingerprint)) delete_trial(database, *begun);
    connection_->trials.erase(fingerprint);
    if (trial && database.prepared("SELECT 1 FROM attempt WHERE trial_id = ?").integer(*trial)) {
        const std::string columns = fmt::format("{}", fmt::join(further_columns(database), ", "));
        const auto added = database
                               .prepared(fmt::format("INSERT INTO trial (fingerprint, created_at, {0}) SELECT ?, ?, {0}"
                                                     " FROM trial WHERE id = ? RETURNING id",
                                                     columns))
                               .integer(renewed(fingerprint, Renewal::replacing), now(), *trial);
        clear_outcome(database, *added);
    }
    transaction.commit();
}

fs::path Store::checkpoint_folder(const std::string& fingerprint) {
    Database& database = connection_->database;
    fs::path first = store::checkpoint_folder(file(), fingerprint);
    const fs::path second = second_folder(first);
    const auto trial = id_of(database, fingerprint);
    if (!trial) return first;
    const std::vector<training::CheckpointInfo> own = connection_->checkpoints(*trial);
    const bool in_second = !own.empty() && own.back().path.parent_path() == second;
    const bool is_renewed = connection_->find(fingerprint) != trial;
    fs::path chosen = in_second != is_renewed ? second : first;
    std::error_code ignored;
    if (fs::is_symlink(chosen, ignored))
        throw Error({chosen, "a link", "a folder of this store's own, which checkpoints are written into",
                     "remove the link, or make it a folder"});
    return chosen;
}

std::vector<fs::path> Store::Connection::take_over(Store& store, const std::string& fingerprint) {
    const auto fresh = renewed_row(database, fingerprint), trial = id_of(database, fingerprint);
    const auto build_of = [&](Id id) {
        return database.prepared("SELECT build FROM attempt WHERE trial_id = ? ORDER BY number DESC LIMIT 1").text(id);
    };
    const std::vector<training::CheckpointInfo> gathered = checkpoints(*fresh);
    if (fresh == id_of(database, renewed(fingerprint, Renewal::keeping)) && !gathered.empty() &&
        build_of(*fresh) == build_of(*trial))
        unite_results(store, *fresh, *trial, gathered.back().path.parent_path());
    std::vector<fs::path> obsolete;
    for (const training::CheckpointInfo& checkpoint : checkpoints(*trial)) obsolete.push_back(checkpoint.path);
    if (!obsolete.empty()) obsolete.push_back(obsolete.back().parent_path());  // gone when it is empty
    for (const Reference& reference : store::references(database, "trial")) {
        if (!is_of_results(reference)) continue;
        const auto& [table, column] = reference;
        database.prepared(fmt::format("DELETE FROM {} WHERE {} = ?", table, column)).run(*trial);
        database.prepared(fmt::format("UPDATE {0} SET {1} = ? WHERE {1} = ?", table, column)).run(*trial, *fresh);
    }
    const std::string columns = fmt::format("{}", fmt::join(further_columns(database), ", "));
    database
        .prepared(fmt::format("UPDATE trial SET ({0}) = (SELECT {0} FROM trial WHERE id = ?) WHERE id = ?", columns))
        .run(*fresh, *trial);
    delete_trial(database, *fresh);
    trials.erase(fingerprint);
    return obsolete;
}

}  // namespace unroll::store
