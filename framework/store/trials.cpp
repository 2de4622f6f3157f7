// Finding a trial: by what a person types, or as the best of its experiment.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "store/database.h"
#include "store/store.h"
#include "unroll/error.h"

namespace unroll::store {

namespace {

constexpr std::size_t shortest_prefix = 4;

FoundTrial found(const Row& row) {
    return {row.integer(0), row.text(1), row.text(2), static_cast<std::uint64_t>(row.integer(3)),
            trial::parse_status(row.text(4))};
}

}  // namespace

FoundTrial find_trial(Store& store, std::string_view trial) {
    Database& database = store.database();
    std::vector<FoundTrial> matches;
    Id id = 0;
    const auto parsed = std::from_chars(trial.data(), trial.data() + trial.size(), id);
    if (!trial.empty() && parsed.ec == std::errc() && parsed.ptr == trial.data() + trial.size())
        database.prepared("SELECT id, fingerprint, config, seed, status FROM trial WHERE id = ?")
            .each([&](const Row& row) { matches.push_back(found(row)); }, id);
    if (matches.empty() && trial.size() >= shortest_prefix)
        database
            .prepared(
                "SELECT id, fingerprint, config, seed, status FROM trial WHERE substr(fingerprint, 1, ?) = ?"
                " AND fingerprint NOT LIKE '%+fresh' ORDER BY id")
            .each([&](const Row& row) { matches.push_back(found(row)); }, trial.size(), trial);
    if (matches.size() == 1) return matches.front();

    const std::string next =
        "unroll sql \"SELECT experiment, id, fingerprint, cell, seed, status FROM result\" lists them";
    if (matches.empty()) {
        const auto count = database.prepared("SELECT count(*) FROM trial").integer().value_or(0);
        throw Error({store.file(), fmt::format("no trial '{}' among its {}", trial, count),
                     fmt::format("an id, or the beginning of a fingerprint ({} characters at least)", shortest_prefix),
                     "list experiments, and the trials of one, with: unroll list [EXPERIMENT]"});
    }
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(matches.size(), 5); ++i)
        names += fmt::format("{}{} ({}…)", i > 0 ? ", " : "", matches[i].id,
                             matches[i].fingerprint.substr(0, trial.size() + 4));
    throw Error(
        {store.file(),
         fmt::format("{} trials begin with '{}': {}{}", matches.size(), trial, names, matches.size() > 5 ? ", …" : ""),
         "a longer beginning, or an id", next});
}

std::optional<FoundTrial> best_trial(Store& store, std::string_view experiment) {
    std::optional<FoundTrial> best;
    store.database()
        .prepared(R"sql(
SELECT id, fingerprint, config, seed, status FROM (
  SELECT trial.*, experiment.goal,
         (SELECT value FROM metric WHERE metric.trial_id = trial.id AND split || '/' || metric.name = experiment.metric
          ORDER BY step DESC LIMIT 1) AS last
  FROM experiment JOIN membership ON membership.experiment_id = experiment.id
       JOIN trial ON trial.id = membership.trial_id
  WHERE experiment.name = ? AND membership.current AND trial.status = 'finished')
WHERE last IS NOT NULL ORDER BY iif(goal = 'min', last, -last), id LIMIT 1)sql")
        .each([&](const Row& row) { best = found(row); }, experiment);
    return best;
}

}  // namespace unroll::store
