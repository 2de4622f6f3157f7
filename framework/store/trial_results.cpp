// What the store knows of one trial's results: its series, its summary, its plugins, how it was sampled.
#include "store/trial_results.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "store/database.h"
#include "store/query.h"

namespace unroll::store {

namespace {

/// Columns of trial that say nothing of results: the config has them, or they name the trial.
constexpr std::array<std::string_view, 19> not_results{"id",
                                                       "fingerprint",
                                                       "config",
                                                       "seed",
                                                       "dataset",
                                                       "cell",
                                                       "hidden",
                                                       "layers",
                                                       "sequence_length",
                                                       "batch",
                                                       "steps",
                                                       "optimizer",
                                                       "learning_rate",
                                                       "created_at",
                                                       "ended_at",
                                                       "identity",
                                                       "trajectory",
                                                       "train_loss_steps",
                                                       "start"};

SeriesPoint point(const Row& row) {
    return {row.text(0), row.text(1), static_cast<std::uint64_t>(row.integer(2)),
            row.real(3), row.real(4), row.real(5)};
}

}  // namespace

std::vector<SeriesPoint> points_of(Store& store, Id trial) {
    std::vector<SeriesPoint> points;
    store.database()
        .prepared(
            "SELECT split, name, step, epoch, value, seconds FROM metric WHERE trial_id = ? ORDER BY split, name, step")
        .each([&](const Row& row) { points.push_back(point(row)); }, trial);
    return points;
}

std::vector<SeriesPoint> points_of(Store& store, Id trial, std::string_view split, std::string_view name) {
    std::vector<SeriesPoint> points;
    store.database()
        .prepared(
            "SELECT split, name, step, epoch, value, seconds FROM metric WHERE trial_id = ? AND split = ? AND name = ?"
            " ORDER BY step")
        .each([&](const Row& row) { points.push_back(point(row)); }, trial, split, name);
    return points;
}

std::vector<PluginRevision> plugins_of(Store& store, Id trial) {
    std::vector<PluginRevision> plugins;
    store.database()
        .prepared(
            "SELECT kind, name, revision FROM trial_plugin JOIN plugin ON plugin.id = plugin_id WHERE trial_id = ?"
            " ORDER BY kind, name")
        .each(
            [&](const Row& row) {
                plugins.push_back({row.text(0), row.text(1), row.text(2)});
            },
            trial);
    return plugins;
}

std::vector<NamedValue> summary_of(Store& store, Id trial) {
    std::vector<NamedValue> values;
    const Table table = query(store, "SELECT * FROM trial WHERE id = ?", {trial});
    for (std::size_t column = 0; column < table.columns.size(); ++column)
        if (std::find(not_results.begin(), not_results.end(), table.columns[column]) == not_results.end())
            values.emplace_back(table.columns[column], table.rows.at(0)[column]);
    const auto build = store.database()
                           .prepared("SELECT build FROM attempt WHERE trial_id = ? ORDER BY number DESC LIMIT 1")
                           .text(trial);
    values.emplace_back("build", build ? Value(*build) : Value());
    return values;
}

std::optional<SamplerChoice> first_sampler(Store& store, Id trial) {
    std::optional<SamplerChoice> first;
    store.database()
        .prepared("SELECT sampler, options FROM sample WHERE trial_id = ? ORDER BY id LIMIT 1")
        .each(
            [&](const Row& row) {
                first = {row.text(0), row.text(1)};
            },
            trial);
    return first;
}

std::optional<std::string> first_prompt(Store& store, Id trial) {
    // A store of an earlier version, which may be read as it is, has one column only.
    const bool has_bytes = store.database()
                               .prepared("SELECT 1 FROM pragma_table_info('sample') WHERE name = 'prompt_bytes'")
                               .integer()
                               .has_value();
    return store.database()
        .prepared(fmt::format("SELECT {} FROM sample WHERE trial_id = ? AND prompt <> '' ORDER BY id LIMIT 1",
                              has_bytes ? "ifnull(prompt_bytes, prompt)" : "prompt"))
        .text(trial);
}

}  // namespace unroll::store
