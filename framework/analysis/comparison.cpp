// A metric of an experiment's trials by group, and how the groups differ.
#include "analysis/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <span>

#include "analysis/series_name.h"
#include "analysis/several_experiments.h"
#include "store/experiment_columns.h"
#include "trial/metric.h"
#include "trial/splits.h"
#include "unroll/error.h"

namespace unroll::analysis {

namespace {

using store::MemberTrial;
using Status = trial::TrialStatus;
using Names = std::vector<std::string>;
using Values = std::vector<store::Value>;
using Indices = std::vector<std::size_t>;
using Trials = std::vector<ComparedTrial>;

bool contains(const Names& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// The request's own; else the manifest's; else every axis but the seed. What the best is chosen of is no group.
Names groups_for(const ComparisonRequest& request, const store::Experiment& experiment) {
    if (!request.by.empty()) return request.by;
    Names by = experiment.by;
    if (by.empty())
        for (const store::Axis& axis : experiment.axes)
            if (axis.name != "seed") by.push_back(axis.name);
    std::erase_if(by, [&](const std::string& name) { return contains(experiment.best, name); });
    return by;
}

std::string goal_for(const ComparisonRequest& request, const store::Experiment& experiment,
                     const std::string& metric_name) {
    if (!request.goal.empty()) return request.goal;
    if (request.metric.empty() || request.metric == experiment.metric) return experiment.goal;
    return trial::more_is_better(metric_name) ? "max" : "min";
}

bool is_better(const std::optional<double>& a, const std::optional<double>& b, bool higher) {
    if (!a || !b) return a.has_value() && !b.has_value();
    return higher ? *a > *b : *a < *b;
}

/// The trials at these indices, by what `key` says of them, in order of appearance.
template <class Trials, class Key>
std::vector<Indices> partition(const Trials& trials, const Indices& indices, Key key) {
    std::vector<Indices> parts;
    std::map<Values, std::size_t> places;
    for (const std::size_t index : indices) {
        const auto [place, is_new] = places.emplace(key(trials[index]), parts.size());
        if (is_new) parts.emplace_back();
        parts[place->second].push_back(index);
    }
    return parts;
}

Indices all_of(std::size_t count) {
    Indices indices(count);
    std::iota(indices.begin(), indices.end(), std::size_t{0});
    return indices;
}

using Number = std::optional<double>;

Statistics statistics_of(const Trials& trials, const Indices& indices, Number ComparedTrial::*value) {
    std::vector<double> values;
    for (const std::size_t index : indices)
        if (trials[index].*value) values.push_back(*(trials[index].*value));
    return statistics(values);
}

/// Whether a trial of this choice diverged or failed.
bool has_losses(const Trials& trials, const Indices& indices) {
    return std::any_of(indices.begin(), indices.end(), [&](std::size_t index) {
        return trials[index].status == Status::diverged || trials[index].status == Status::failed;
    });
}

/// Sets the group's best choice, of which its columns behind the first `by` ones tell; where no trial has a value that
/// it could be chosen by, there is none, and the first ones stand for it.
void choose(Group& group, std::size_t by, std::size_t best, bool higher) {
    const auto choice_of = [&](const ComparedTrial& trial) {
        const auto first = trial.columns.begin() + static_cast<std::ptrdiff_t>(by);
        return Values(first, first + static_cast<std::ptrdiff_t>(best));
    };
    Statistics leading;
    for (const Indices& choice : partition(group.trials, all_of(group.trials.size()), choice_of)) {
        const Statistics candidate = statistics_of(group.trials, choice, &ComparedTrial::tuning_value);
        const bool comparable = candidate.mean && leading.mean;
        const bool lossy = has_losses(group.trials, choice), was_lossy = has_losses(group.trials, group.chosen);
        const bool safer = comparable && !lossy && was_lossy, riskier = comparable && lossy && !was_lossy;
        if (group.chosen.empty() || safer || (!riskier && is_better(candidate.mean, leading.mean, higher))) {
            group.chosen = choice;
            leading = candidate;
        }
    }
    group.best_choice = leading.mean ? choice_of(group.trials[group.chosen.front()]) : Values(best);
    group.of = statistics_of(group.trials, group.chosen, &ComparedTrial::value);
}

/// The mean of a column's numbers over the chosen trials; a whole number where all are the same one; nothing where none
/// has it.
store::Value mean_of(const Group& group, std::size_t column, const std::string& name) {
    std::set<store::Value> different;
    std::vector<double> numbers;
    for (const std::size_t index : group.chosen) {
        const store::Value& value = group.trials[index].columns[column];
        if (std::holds_alternative<std::monostate>(value)) continue;
        if (std::holds_alternative<std::string>(value))
            throw Error({fmt::format("compare: show \"{}\"", name), fmt::format("'{}'", std::get<std::string>(value)),
                         "a column of numbers", fmt::format("group by it: --by {}", name)});
        different.insert(value);
        const auto* whole = std::get_if<std::int64_t>(&value);
        numbers.push_back(whole ? static_cast<double>(*whole) : std::get<double>(value));
    }
    if (different.size() == 1) return *different.begin();
    const Statistics of = statistics(numbers);
    return of.mean ? store::Value(*of.mean) : store::Value();
}

Group group_of(Trials trials, const Comparison& comparison) {
    const std::size_t by = comparison.by.size(), best = comparison.best.size();
    Group group;
    group.by.assign(trials.front().columns.begin(), trials.front().columns.begin() + static_cast<std::ptrdiff_t>(by));
    group.trials = std::move(trials);
    choose(group, by, best, comparison.goal == "max");
    for (std::size_t i = 0; i < comparison.show.size(); ++i)
        group.shown.push_back(mean_of(group, by + best + i, comparison.show[i]));
    for (const ComparedTrial& trial : group.trials) {
        group.finished += trial.status == Status::finished;
        group.diverged += trial.status == Status::diverged;
        group.failed += trial.status == Status::failed;
    }
    group.unfinished = static_cast<std::int64_t>(group.trials.size()) - group.finished - group.diverged - group.failed;
    group.fewest_parameters = group.most_parameters = group.trials[group.chosen.front()].parameters;
    for (const std::size_t index : group.chosen) {
        group.fewest_parameters = std::min(group.fewest_parameters, group.trials[index].parameters);
        group.most_parameters = std::max(group.most_parameters, group.trials[index].parameters);
    }
    return group;
}

std::set<store::Value> pooled_values(const Group& group, std::size_t axis) {
    std::set<store::Value> values;
    for (const std::size_t index : group.chosen) values.insert(group.trials[index].pooled[axis]);
    return values;
}

/// Means of the chosen trials that have the same seed and the same values of these axes.
std::map<Values, double> values_by_pair(const Group& group, const Indices& axes) {
    std::map<Values, std::vector<double>> values;
    for (const std::size_t index : group.chosen) {
        const ComparedTrial& trial = group.trials[index];
        if (!trial.value) continue;
        Values key{static_cast<std::int64_t>(trial.seed)};
        for (const std::size_t axis : axes) key.push_back(trial.pooled[axis]);
        values[key].push_back(*trial.value);
    }
    std::map<Values, double> means;
    for (const auto& [key, list] : values) means[key] = *statistics(list).mean;
    return means;
}

/// Paired by seed, and by each pooled axis of which both groups have the same values; another one is what tells them
/// apart.
std::vector<double> differences(const Group& group, const Group& leader) {
    Indices shared;
    for (std::size_t axis = 0; axis < leader.trials.front().pooled.size(); ++axis)
        if (pooled_values(group, axis) == pooled_values(leader, axis)) shared.push_back(axis);
    const auto own = values_by_pair(group, shared), others = values_by_pair(leader, shared);
    std::vector<double> result;
    for (const auto& [key, value] : own)
        if (const auto other = others.find(key); other != others.end()) result.push_back(value - other->second);
    return result;
}

/// Compares the groups of one block, the leader first.
void compare_block(std::span<Group> block, bool higher) {
    Group& leader = block.front();
    const auto rivals = static_cast<double>(
        std::count_if(block.begin(), block.end(), [](const Group& group) { return group.of.mean.has_value(); }) - 1);
    leader.is_best = leader.of.mean && rivals > 0;
    for (Group& group : block.subspan(1)) {
        if (!group.of.mean) continue;
        const std::vector<double> paired = differences(group, leader);
        group.difference = statistics(paired);
        const Statistics together = statistics(paired, 1 - 0.05 / rivals);
        leader.is_best = leader.is_best && together.low && (higher ? *together.high < 0 : *together.low > 0);
    }
}

/// Blocks in the manifest's order, each with the best mean first.
void order_and_compare(std::vector<Group>& groups, bool higher) {
    const auto key = [](const Group& group) { return Values(group.by.begin() + !group.by.empty(), group.by.end()); };
    const std::vector<Indices> blocks = partition(groups, all_of(groups.size()), key);
    std::vector<Group> ordered;
    for (std::size_t block = 0; block < blocks.size(); ++block)
        for (const std::size_t index : blocks[block]) {
            ordered.push_back(std::move(groups[index]));
            ordered.back().block = block;
        }
    std::size_t first = 0;
    for (const Indices& block : blocks) {
        const std::span<Group> part(ordered.data() + first, block.size());
        std::stable_sort(part.begin(), part.end(),
                         [&](const Group& a, const Group& b) { return is_better(a.of.mean, b.of.mean, higher); });
        compare_block(part, higher);
        first += block.size();
    }
    groups = std::move(ordered);
}

std::vector<Group> groups_of(Trials& trials, const Comparison& comparison) {
    const auto key = [&](const ComparedTrial& trial) {
        return Values(trial.columns.begin(), trial.columns.begin() + static_cast<std::ptrdiff_t>(comparison.by.size()));
    };
    std::vector<Group> groups;
    for (const Indices& part : partition(trials, all_of(trials.size()), key)) {
        Trials members;
        for (const std::size_t index : part) members.push_back(std::move(trials[index]));
        groups.push_back(group_of(std::move(members), comparison));
    }
    order_and_compare(groups, comparison.goal == "max");
    return groups;
}

/// What best choices are chosen by: nobody chooses on the test split, as long as there is another.
std::string tuning_metric(const std::string& metric, const std::vector<std::string>& known) {
    const SeriesName series = series_named(metric);
    const std::string on_validation = std::string(trial::name_of(Split::validation)) + "/" + series.name;
    return series.split == trial::name_of(Split::test) && (known.empty() || contains(known, on_validation))
               ? on_validation
               : metric;
}

/// Leaves out the trials that do not meet the conditions. `trials` are all of the experiment's.
void keep_those_that_meet(store::Store& store, const store::Experiment& experiment,
                          const std::vector<Condition>& conditions, Trials& trials) {
    if (conditions.empty()) return;
    const std::vector<bool> meets = meeting(store, experiment, conditions);
    std::size_t place = 0;
    std::erase_if(trials, [&](const ComparedTrial&) { return !meets[place++]; });
}

/// Of several experiments, their names come first.
Names groups_for(const ComparisonRequest& request, const std::vector<store::Experiment>& experiments) {
    Names by;
    if (experiments.size() > 1) by.emplace_back("experiment");
    for (const store::Experiment& experiment : experiments)
        for (std::string& name : groups_for(request, experiment))
            if (!contains(by, name)) by.push_back(std::move(name));
    return by;
}

/// The columns that the comparison names, in its order: those that the experiment has, and where each of all stands
/// among them; none for one that only another experiment has.
struct Columns {
    Names names;
    std::vector<std::optional<std::size_t>> places;
};

Columns columns_for(store::Store& store, const store::Experiment& experiment, const std::vector<store::Experiment>& all,
                    const Comparison& comparison) {
    Columns columns;
    for (const Names* names : {&comparison.by, &comparison.best, &comparison.show, &comparison.pooled})
        for (const std::string& name : *names) {
            const auto has = [&](const store::Experiment& each) { return store::has_column(store, each, name); };
            const bool is_of_others = all.size() > 1 && !has(experiment) && std::any_of(all.begin(), all.end(), has);
            columns.places.push_back(is_of_others ? std::nullopt : std::optional(columns.names.size()));
            if (!is_of_others) columns.names.push_back(name);
        }
    return columns;
}

/// An experiment's trials with their values of both metrics and of the columns that the comparison names.
Trials trials_for(store::Store& store, const store::Experiment& experiment, const Columns& columns,
                  const Comparison& comparison) {
    const SeriesName series = series_named(comparison.metric);
    Trials trials;
    for (MemberTrial& trial : store::trials_of(store, experiment, series.split, series.name, columns.names)) {
        Values values;
        for (const auto& place : columns.places) values.push_back(place ? trial.columns[*place] : store::Value());
        trial.columns = std::move(values);
        trials.push_back({std::move(trial), {}, {}});
    }
    for (ComparedTrial& trial : trials) {
        trial.tuning_value = trial.value;
        trial.pooled.assign(trial.columns.end() - static_cast<std::ptrdiff_t>(comparison.pooled.size()),
                            trial.columns.end());
    }
    if (comparison.tuned_on.empty() || comparison.tuned_on == comparison.metric) return trials;
    const SeriesName tuning = series_named(comparison.tuned_on);
    const auto other = store::trials_of(store, experiment, tuning.split, tuning.name, {});
    for (std::size_t i = 0; i < trials.size(); ++i) trials[i].tuning_value = other[i].value;
    return trials;
}

/// The series that all of them have.
Names common(const std::vector<Names>& series) {
    Names all = series.front();
    for (const Names& each : series) std::erase_if(all, [&](const std::string& name) { return !contains(each, name); });
    return all;
}

}  // namespace

Comparison compare_experiments(store::Store& store, const std::vector<std::string>& names,
                               const ComparisonRequest& request) {
    std::vector<store::Experiment> experiments;
    std::vector<Names> known;
    for (const std::string& name : names) {
        experiments.push_back(store::find_experiment(store, name));
        known.push_back(store::series_of(store, experiments.back()));
    }
    Comparison result;
    result.metric = request.metric.empty() ? experiments.front().metric : request.metric;
    result.goal = goal_for(request, experiments.front(), series_named(result.metric).name);
    result.by = groups_for(request, experiments);
    result.show = request.show;
    for (const store::Experiment& experiment : experiments)
        for (const std::string& name : experiment.best)
            if (!contains(result.by, name) && !contains(result.best, name)) result.best.push_back(name);
    for (const store::Experiment& experiment : experiments)
        for (const store::Axis& axis : experiment.axes)
            if (axis.name != "seed" && !contains(result.by, axis.name) && !contains(result.best, axis.name) &&
                !contains(result.pooled, axis.name))
                result.pooled.push_back(axis.name);
    if (!result.best.empty()) result.tuned_on = tuning_metric(result.metric, common(known));

    Trials trials;
    const auto is_finished = [](const ComparedTrial& trial) { return trial.status == Status::finished; };
    for (std::size_t i = 0; i < experiments.size(); ++i) {
        Trials own = trials_for(store, experiments[i], columns_for(store, experiments[i], experiments, result), result);
        keep_those_that_meet(store, experiments[i], request.where, own);
        if (std::any_of(own.begin(), own.end(), is_finished)) check_series(result.metric, known[i], names[i]);
        std::move(own.begin(), own.end(), std::back_inserter(trials));
    }
    result.without_metric = std::count_if(
        trials.begin(), trials.end(), [&](const ComparedTrial& trial) { return is_finished(trial) && !trial.value; });
    result.groups = groups_of(trials, result);
    return result;
}

Comparison compare(store::Store& store, const ComparisonRequest& request) {
    return compare_experiments(store, {request.experiment}, request);
}

}  // namespace unroll::analysis
