// A metric of an experiment's trials by group: how many, mean, spread and interval.
#include "cli/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <optional>

#include "base/nearest.h"
#include "plugins/catalog.h"
#include "store/axes.h"
#include "store/database.h"
#include "store/query.h"
#include "trial/metric.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

using store::Table;
using store::Value;
using Names = std::vector<std::string>;
using Values = std::vector<Value>;

struct Experiment {
    std::string metric, goal;
    Names by, best;
    std::vector<store::Axis> axes;
};

struct Trial {
    std::string status;
    Values group, choice;
    std::optional<double> value;  ///< of a finished trial
};

std::string text_of(const Value& value) {
    return std::get<std::string>(value);
}

Names first_column(const Table& table) {
    Names names;
    for (const auto& row : table.rows) names.push_back(text_of(row[0]));
    return names;
}

Names names_in(const Value& array) {
    Names names;
    const boost::json::value parsed = boost::json::parse(text_of(array));
    for (const auto& name : parsed.as_array()) names.emplace_back(name.as_string());
    return names;
}

std::string list(const Names& names) {
    return names.empty() ? "none yet" : fmt::format("{}", fmt::join(names, ", "));
}

bool holds(const Names& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

Experiment experiment_of(store::Store& store, const std::string& name) {
    const Table found =
        store::query(store, "SELECT metric, goal, compare_by, compare_best FROM experiment WHERE name = ?", {name});
    if (found.rows.empty()) {
        const Names known = first_column(store::query(store, "SELECT name FROM experiment ORDER BY updated_at DESC"));
        const std::string near = base::nearest(name, known);
        throw Error(
            {store.file(), fmt::format("no experiment '{}'", name), "one of: " + list(known),
             near.empty() ? "run its manifest first, or name another file with --db" : base::did_you_mean(near)});
    }
    const auto& row = found.rows[0];
    Experiment experiment{text_of(row[0]), text_of(row[1]), names_in(row[2]), names_in(row[3]), {}};
    experiment.axes = store::axes_in(
        first_column(store::query(store, "SELECT axes FROM result WHERE experiment = ? ORDER BY place", {name})));
    return experiment;
}

/// SQL over `result` for an axis of the experiment, a column, or a path of the config.
std::string expression_for(store::Store& store, const Experiment& experiment, const std::string& experiment_name,
                           const std::string& name) {
    Names axes;
    for (const auto& axis : experiment.axes) {
        if (axis.name == name) return axis.in("result.axes");
        axes.push_back(axis.name);
    }
    const Names columns = first_column(store::query(store, "SELECT name FROM pragma_table_info('result')"));
    if (holds(columns, name)) return "result." + store::quoted_name(name);
    const std::string in_config = store::axis_named(name).in("result.config");
    const Table settings = store::query(
        store, fmt::format("SELECT count({}) FROM result WHERE experiment = ?", in_config), {experiment_name});
    if (std::get<std::int64_t>(settings.rows[0][0]) > 0) return in_config;
    Names known = axes;
    known.insert(known.end(), columns.begin(), columns.end());
    const std::string near = base::nearest(name, known);
    throw Error(
        {fmt::format("experiment '{}'", experiment_name), fmt::format("no axis '{}'", name),
         fmt::format("an axis ({}), a column of result ({}), or a path of the config", list(axes), list(columns)),
         near.empty() ? "" : base::did_you_mean(near)});
}

struct Metric {
    std::string split, name;
};

Metric metric_of(const std::string& text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == text.size())
        throw Error({"--metric", fmt::format("'{}'", text), "SPLIT/NAME, as in validation/loss", ""});
    return {text.substr(0, slash), text.substr(slash + 1)};
}

std::vector<Trial> trials_of(store::Store& store, const Experiment& experiment, const ComparisonRequest& request,
                             const Names& by, const Names& best, const Metric& metric) {
    std::string columns;
    for (const Names* names : {&by, &best})
        for (const auto& name : *names) columns += ", " + expression_for(store, experiment, request.experiment, name);
    const Table table = store::query(
        store,
        fmt::format(
            "SELECT status, CASE status WHEN 'finished' THEN (SELECT value FROM point WHERE trial_id = result.trial_id"
            " AND series_id = (SELECT id FROM series WHERE split = ? AND name = ?) ORDER BY step DESC LIMIT 1) END{}"
            " FROM result WHERE experiment = ? ORDER BY place",
            columns),
        {metric.split, metric.name, request.experiment});
    std::vector<Trial> trials;
    for (const auto& row : table.rows) {
        const auto groups_end = row.begin() + 2 + static_cast<std::ptrdiff_t>(by.size());
        Trial trial{text_of(row[0]), {row.begin() + 2, groups_end}, {groups_end, row.end()}, std::nullopt};
        if (const auto* value = std::get_if<double>(&row[1])) trial.value = *value;
        trials.push_back(std::move(trial));
    }
    return trials;
}

std::size_t count(const std::vector<Trial>& trials, std::string_view status) {
    return static_cast<std::size_t>(
        std::count_if(trials.begin(), trials.end(), [&](const Trial& trial) { return trial.status == status; }));
}

struct Statistics {
    std::int64_t n = 0;
    std::optional<double> mean, deviation, half_width;
};

Statistics statistics(const std::vector<Trial>& trials) {
    Statistics result;
    double sum = 0, squares = 0;
    for (const auto& trial : trials)
        if (trial.value) {
            ++result.n;
            sum += *trial.value;
        }
    const auto n = static_cast<double>(result.n);
    if (result.n == 0) return result;
    result.mean = sum / n;
    if (result.n == 1) return result;
    for (const auto& trial : trials)
        if (trial.value) squares += (*trial.value - *result.mean) * (*trial.value - *result.mean);
    result.deviation = std::sqrt(squares / (n - 1));
    const boost::math::students_t distribution(n - 1);
    result.half_width = boost::math::quantile(distribution, 0.975) * *result.deviation / std::sqrt(n);
    return result;
}

/// Trials by what `key` says of them, in order of appearance.
template <class Key>
std::vector<std::vector<Trial>> parted(const std::vector<Trial>& trials, Key key) {
    std::vector<std::vector<Trial>> parts;
    std::map<Values, std::size_t> places;
    for (const auto& trial : trials) {
        const auto [place, is_new] = places.emplace(key(trial), parts.size());
        if (is_new) parts.emplace_back();
        parts[place->second].push_back(trial);
    }
    return parts;
}

bool better(const std::optional<double>& a, const std::optional<double>& b, bool higher) {
    if (!a || !b) return a.has_value() && !b.has_value();
    return higher ? *a > *b : *a < *b;
}

struct Group {
    std::vector<Trial> all, chosen;
    Statistics of_chosen;
};

Group group_of(const std::vector<Trial>& trials, bool higher) {
    const auto is_whole = [](const std::vector<Trial>& choice) {
        return count(choice, "diverged") + count(choice, "failed") == 0;
    };
    Group group{trials, {}, {}};
    for (const auto& choice : parted(trials, [](const Trial& trial) { return trial.choice; })) {
        const Statistics candidate = statistics(choice);
        const bool first = group.chosen.empty();
        const bool has_value = candidate.mean.has_value(), had_value = group.of_chosen.mean.has_value();
        const bool safer = has_value && had_value && is_whole(choice) && !is_whole(group.chosen);
        const bool riskier = has_value && had_value && !is_whole(choice) && is_whole(group.chosen);
        if (first || safer || (!riskier && better(candidate.mean, group.of_chosen.mean, higher))) {
            group.chosen = choice;
            group.of_chosen = candidate;
        }
    }
    return group;
}

Value real(const std::optional<double>& number) {
    return number ? Value(*number) : Value();
}

Values row_of(const Group& group) {
    const Statistics& of = group.of_chosen;
    const auto whole = [](std::size_t number) { return Value(static_cast<std::int64_t>(number)); };
    const std::size_t finished = count(group.all, "finished"), diverged = count(group.all, "diverged"),
                      failed = count(group.all, "failed");
    Values row = group.chosen.front().group;
    row.insert(row.end(), group.chosen.front().choice.begin(), group.chosen.front().choice.end());
    const double half = of.half_width.value_or(0);
    row.push_back(whole(group.all.size()));
    row.emplace_back(of.n);
    row.push_back(real(of.mean));
    row.push_back(real(of.deviation));
    row.push_back(of.half_width ? Value(*of.mean - half) : Value());
    row.push_back(of.half_width ? Value(*of.mean + half) : Value());
    row.push_back(whole(group.all.size() - finished - diverged - failed));
    row.push_back(whole(diverged));
    row.push_back(whole(failed));
    return row;
}

/// Throws Error when trials have finished and none has this metric.
void check_metric(store::Store& store, const std::string& experiment, const std::string& metric,
                  const std::vector<Trial>& trials) {
    if (count(trials, "finished") == 0) return;
    const Names known = first_column(store::query(
        store,
        "SELECT split || '/' || name FROM series WHERE EXISTS (SELECT 1 FROM point JOIN result USING (trial_id)"
        " WHERE experiment = ? AND series_id = series.id) ORDER BY split DESC, name",
        {experiment}));
    if (holds(known, metric)) return;
    const std::string near = base::nearest(metric, known);
    throw Error({fmt::format("experiment '{}'", experiment), fmt::format("no metric '{}'", metric),
                 "one of: " + list(known),
                 near.empty() ? "name one in compare.metric, or with --metric" : base::did_you_mean(near)});
}

std::string goal_for(const ComparisonRequest& request, const Experiment& experiment, const Metric& metric) {
    if (!request.goal.empty()) return request.goal;
    if (request.metric.empty() || request.metric == experiment.metric) return experiment.goal;
    return trial::more_is_better(metric.name) ? "max" : "min";
}

/// The request's own; else the manifest's; else every axis but the seed. What the best is chosen of is no group.
Names groups_for(const ComparisonRequest& request, const Experiment& experiment) {
    if (!request.by.empty()) return request.by;
    Names by = experiment.by;
    if (by.empty())
        for (const auto& axis : experiment.axes)
            if (axis.name != "seed") by.push_back(axis.name);
    std::erase_if(by, [&](const std::string& name) { return holds(experiment.best, name); });
    return by;
}

}  // namespace

Comparison compare_groups(store::Store& store, const ComparisonRequest& request) {
    const Experiment experiment = experiment_of(store, request.experiment);
    Comparison result;
    result.metric = request.metric.empty() ? experiment.metric : request.metric;
    const Metric metric = metric_of(result.metric);
    result.goal = goal_for(request, experiment, metric);
    const bool higher = result.goal == "max";

    const Names by = groups_for(request, experiment);
    Names best = experiment.best;
    std::erase_if(best, [&](const std::string& name) { return holds(by, name); });
    const auto trials = trials_of(store, experiment, request, by, best, metric);
    check_metric(store, request.experiment, result.metric, trials);

    std::vector<Group> groups;
    for (const auto& part : parted(trials, [](const Trial& trial) { return trial.group; }))
        groups.push_back(group_of(part, higher));
    std::stable_sort(groups.begin(), groups.end(), [&](const Group& a, const Group& b) {
        return better(a.of_chosen.mean, b.of_chosen.mean, higher);
    });

    result.table.columns = by;
    for (const auto& name : best) result.table.columns.push_back("best " + name);
    for (const char* name : {"trials", "n", "mean", "sd", "low", "high", "unfinished", "diverged", "failed"})
        result.table.columns.emplace_back(name);
    for (const auto& group : groups) result.table.rows.push_back(row_of(group));

    const auto without = std::count_if(trials.begin(), trials.end(),
                                       [](const Trial& trial) { return trial.status == "finished" && !trial.value; });
    if (without > 0)
        result.notes.push_back(
            fmt::format("{} finished trial{} no {}", without, without == 1 ? " has" : "s have", result.metric));
    return result;
}

}  // namespace unroll::cli
