// Results that need not be trained for twice.
#include "store/trajectories.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/parse.h"
#include "store/connection.h"

namespace unroll::store {

KnownLosses known_losses(Store& store, const std::string& fingerprint) {
    Database& database = store.database();
    KnownLosses known;
    const auto id = database.prepared("SELECT id FROM trial WHERE fingerprint = ?").integer(fingerprint);
    if (!id) return known;
    known.end =
        static_cast<std::uint64_t>(database.prepared("SELECT step FROM trial WHERE id = ?").integer(*id).value_or(0));
    constexpr std::string_view losses =
        " FROM point WHERE trial_id = ? AND series_id = (SELECT id FROM series WHERE split = ? AND name = 'loss')";
    database.prepared(fmt::format("SELECT step{} ORDER BY step", losses))
        .each([&](const Row& row) { known.validation.push_back(static_cast<std::uint64_t>(row.integer(0))); }, *id,
              "validation");
    known.test = database.prepared(fmt::format("SELECT 1{} AND step = ?", losses))
                     .integer(*id, "test", static_cast<std::int64_t>(known.end))
                     .has_value();
    known.training = static_cast<Size>(
        database.prepared(fmt::format("SELECT count(*){}", losses)).integer(*id, "train").value_or(0));
    database.prepared("SELECT DISTINCT split FROM loss_by_position WHERE trial_id = ?")
        .each([&](const Row& row) { known.by_position.insert(row.text(0)); }, *id);
    return known;
}

std::string stored_config(Store& store, const std::string& fingerprint) {
    return store.database().prepared("SELECT config FROM trial WHERE fingerprint = ?").text(fingerprint).value_or("");
}

std::vector<TrajectoryTrial> same_trajectory(Store& store, const std::string& fingerprint,
                                             const std::string& trajectory) {
    Database& database = store.database();
    std::vector<TrajectoryTrial> trials;
    if (database.prepared("SELECT 1 FROM trial WHERE fingerprint LIKE ? || '+%fresh'").integer(fingerprint)) return {};
    std::vector<std::pair<std::string, std::uint64_t>> found;
    database
        .prepared(
            "SELECT fingerprint, step FROM trial WHERE trajectory = ? AND fingerprint <> ? AND status = 'finished'"
            " AND fingerprint NOT LIKE '%+fresh'")
        .each([&](const Row& row) { found.emplace_back(row.text(0), static_cast<std::uint64_t>(row.integer(1))); },
              trajectory, fingerprint);
    for (const auto& [other, end] : found) {
        TrialState state = store.states({other}).at(other);
        if (state.status == trial::TrialStatus::finished && !state.checkpoints.empty())
            trials.push_back({std::move(state), end});
    }
    std::stable_sort(trials.begin(), trials.end(), [](const TrajectoryTrial& a, const TrajectoryTrial& b) {
        return a.state.checkpoints.back().step > b.state.checkpoints.back().step;
    });
    return trials;
}

bool has_other_length(Store& store, const std::string& identity) {
    const json::Value parsed = json::parse(identity, "identity");
    const json::Value* seed = parsed.find("seed");
    return store.database()
        .prepared(
            "SELECT 1 FROM trial WHERE seed = ?1 AND status = 'finished' AND json_valid(identity)"
            " AND json_remove(identity, '$.training.steps', '$.training.epochs') ="
            " json_remove(?2, '$.training.steps', '$.training.epochs') AND identity <> ?2 LIMIT 1")
        .integer(seed && seed->integer() ? *seed->integer() : 0, identity)
        .has_value();
}

void keep_old_results(Store& store, const std::string& fingerprint) {
    store.database()
        .prepared("UPDATE trial SET fingerprint = ? WHERE fingerprint = ?")
        .run(renewed(fingerprint, Renewal::keeping), renewed(fingerprint, Renewal::replacing));
}

}  // namespace unroll::store
