// What the store knows of an experiment: how it is compared, its axes, its trials.
#include "store/experiments.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.h"
#include "json/parse.h"
#include "manifest/terms.h"
#include "store/database.h"
#include "store/experiment_columns.h"
#include "store/references.h"
#include "unroll/error.h"

namespace unroll::store {

namespace {

using Names = std::vector<std::string>;

template <class... Parameters>
Names names(Database& database, std::string_view sql, const Parameters&... parameters) {
    Names result;
    database.prepared(sql).each([&](const Row& row) { result.push_back(row.text(0)); }, parameters...);
    return result;
}

Names names_in(const std::string& array, const std::string& source) {
    Names result;
    const json::Value parsed = json::parse(array, source);
    for (const json::Value& name : *parsed.array()) result.push_back(*name.text());
    return result;
}

std::string listed(const Names& names) {
    return names.empty() ? "none yet" : fmt::format("{}", fmt::join(names, ", "));
}

/// SQL over `result` for the column that MemberTrial::columns has under this name; none where there is none.
std::optional<std::string> find_expression(Database& database, const Experiment& experiment, const std::string& name) {
    for (const Axis& axis : experiment.axes)
        if (axis.name == name) return axis.in("result.axes");
    const Names columns = names(database, "SELECT name FROM pragma_table_info('result')");
    if (std::find(columns.begin(), columns.end(), name) != columns.end()) return "result." + quoted_name(name);
    const std::string in_config = axis_named(name).in("result.config");
    const auto set = database.prepared(fmt::format("SELECT count({}) FROM result WHERE experiment = ?", in_config))
                         .integer(experiment.name);
    return set.value_or(0) > 0 ? std::optional(in_config) : std::nullopt;
}

std::string expression(Database& database, const Experiment& experiment, const std::string& name) {
    if (auto found = find_expression(database, experiment, name)) return *found;
    Names axes;
    for (const Axis& axis : experiment.axes) axes.push_back(axis.name);
    const Names columns = names(database, "SELECT name FROM pragma_table_info('result')");
    Names known = axes;
    known.insert(known.end(), columns.begin(), columns.end());
    std::string near = base::nearest(name, known);
    if (const manifest::Term* term = manifest::find_term(name, ""); term && near.empty()) near = term->path;
    throw Error(
        {fmt::format("experiment '{}'", experiment.name), fmt::format("no axis '{}'", name),
         fmt::format("an axis ({}), a column of result ({}), or a path of the config", listed(axes), listed(columns)),
         near.empty() ? "name one of these with --by, or in compare.by" : base::did_you_mean(near)});
}

}  // namespace

std::vector<std::string> experiment_names(Store& store) {
    return names(store.database(), "SELECT name FROM experiment ORDER BY updated_at DESC");
}

bool has_experiment(Store& store, const std::string& name) {
    bool found = false;
    store.database().prepared("SELECT 1 FROM experiment WHERE name = ?").each([&](const Row&) { found = true; }, name);
    return found;
}

Experiment find_experiment(Store& store, const std::string& name) {
    Database& database = store.database();
    std::optional<Experiment> found;
    database.prepared("SELECT metric, goal, compare_by, compare_best FROM experiment WHERE name = ?")
        .each(
            [&](const Row& row) {
                const std::string source = fmt::format("experiment '{}'", name);
                found = {name, row.text(0), row.text(1), names_in(row.text(2), source), names_in(row.text(3), source),
                         {}};
            },
            name);
    if (!found) {
        const Names known = experiment_names(store);
        const std::string near = base::nearest(name, known);
        throw Error(
            {store.file(), fmt::format("no experiment '{}'", name), "one of: " + listed(known),
             near.empty() ? "run its manifest first, or name another file with --db" : base::did_you_mean(near)});
    }
    found->axes = axes_in(names(database, "SELECT axes FROM result WHERE experiment = ? ORDER BY place", name));
    return std::move(*found);
}

std::optional<std::filesystem::path> manifest_of(Store& store, Id trial) {
    std::optional<std::filesystem::path> found;
    const auto columns = columns_of(store.database(), "experiment");
    if (std::find(columns.begin(), columns.end(), "manifest_path") == columns.end()) return found;
    store.database()
        .prepared(
            "SELECT manifest_path FROM experiment JOIN membership ON experiment_id = experiment.id WHERE trial_id = ?"
            " AND current AND manifest_path IS NOT NULL AND instr(name, '+') = 0 ORDER BY name")
        .each(
            [&](const Row& row) {
                std::filesystem::path file = (store.file().parent_path() / row.text(0)).lexically_normal();
                std::error_code ignored;
                if (!found && std::filesystem::is_regular_file(file, ignored)) found = std::move(file);
            },
            trial);
    return found;
}

std::vector<std::string> series_of(Store& store, const Experiment& experiment) {
    return names(
        store.database(),
        "SELECT split || '/' || name FROM series WHERE EXISTS (SELECT 1 FROM point JOIN result USING (trial_id)"
        " WHERE experiment = ? AND series_id = series.id) ORDER BY split DESC, name",
        experiment.name);
}

std::vector<MemberTrial> trials_of(Store& store, const Experiment& experiment, std::string_view split,
                                   std::string_view name, const std::vector<std::string>& columns) {
    Database& database = store.database();
    std::string further;
    for (const std::string& column : columns) further += ", " + expression(database, experiment, column);
    std::vector<MemberTrial> trials;
    database
        .prepared(fmt::format("SELECT trial_id, fingerprint, axes, seed, status, parameters, cell, config, CASE status "
                              "WHEN 'finished' THEN"
                              " (SELECT value FROM point WHERE trial_id = result.trial_id AND series_id ="
                              " (SELECT id FROM series WHERE split = ? AND name = ?) ORDER BY step DESC LIMIT 1) END{}"
                              " FROM result WHERE experiment = ? ORDER BY place",
                              further))
        .each(
            [&](const Row& row) {
                trials.push_back({row.integer(0),
                                  row.text(1),
                                  row.text(2),
                                  static_cast<std::uint64_t>(row.integer(3)),
                                  trial::parse_status(row.text(4)),
                                  row.integer(5),
                                  row.optional_real(8),
                                  row.text(6),
                                  row.text(7),
                                  {}});
                for (int column = 0; column < static_cast<int>(columns.size()); ++column)
                    trials.back().columns.push_back(row.value(9 + column));
            },
            split, name, experiment.name);
    return trials;
}

bool has_column(Store& store, const Experiment& experiment, const std::string& name) {
    return find_expression(store.database(), experiment, name).has_value();
}

std::vector<StatusCount> status_counts(Store& store, const std::string& experiment) {
    std::vector<StatusCount> counts;
    store.database()
        .prepared("SELECT status, count(*) FROM result WHERE experiment = ? GROUP BY status ORDER BY status")
        .each(
            [&](const Row& row) {
                counts.push_back({trial::parse_status(row.text(0)), row.integer(1)});
            },
            experiment);
    return counts;
}

}  // namespace unroll::store
