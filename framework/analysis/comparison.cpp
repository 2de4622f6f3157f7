// A metric of an experiment's trials by group.
#include "analysis/comparison.h"

#include <algorithm>
#include <map>
#include <optional>

#include "analysis/series_name.h"
#include "trial/metric.h"

namespace unroll::analysis {

namespace {

using store::MemberTrial;
using Status = trial::TrialStatus;
using Names = std::vector<std::string>;
using Values = std::vector<store::Value>;
using Indices = std::vector<std::size_t>;

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
template <class Key>
std::vector<Indices> partition(const std::vector<MemberTrial>& trials, const Indices& indices, Key key) {
    std::vector<Indices> parts;
    std::map<Values, std::size_t> places;
    for (const std::size_t index : indices) {
        const auto [place, is_new] = places.emplace(key(trials[index]), parts.size());
        if (is_new) parts.emplace_back();
        parts[place->second].push_back(index);
    }
    return parts;
}

Statistics statistics_of(const std::vector<MemberTrial>& trials, const Indices& indices) {
    std::vector<double> values;
    for (const std::size_t index : indices)
        if (trials[index].value) values.push_back(*trials[index].value);
    return statistics(values);
}

/// Whether a trial of this choice diverged or failed.
bool has_losses(const std::vector<MemberTrial>& trials, const Indices& indices) {
    return std::any_of(indices.begin(), indices.end(), [&](std::size_t index) {
        return trials[index].status == Status::diverged || trials[index].status == Status::failed;
    });
}

/// Sets the group's best choice, of which its columns behind the first `by` ones tell.
void choose(Group& group, std::size_t by, bool higher) {
    const auto choice_of = [&](const MemberTrial& trial) {
        return Values(trial.columns.begin() + static_cast<std::ptrdiff_t>(by), trial.columns.end());
    };
    Indices all(group.trials.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    for (const Indices& choice : partition(group.trials, all, choice_of)) {
        const Statistics candidate = statistics_of(group.trials, choice);
        const bool comparable = candidate.mean && group.of.mean;
        const bool lossy = has_losses(group.trials, choice), was_lossy = has_losses(group.trials, group.chosen);
        const bool safer = comparable && !lossy && was_lossy, riskier = comparable && lossy && !was_lossy;
        if (group.chosen.empty() || safer || (!riskier && is_better(candidate.mean, group.of.mean, higher))) {
            group.chosen = choice;
            group.of = candidate;
        }
    }
    group.best_choice = choice_of(group.trials[group.chosen.front()]);
}

Group group_of(std::vector<MemberTrial> trials, std::size_t by, bool higher) {
    Group group;
    group.by.assign(trials.front().columns.begin(), trials.front().columns.begin() + static_cast<std::ptrdiff_t>(by));
    group.trials = std::move(trials);
    choose(group, by, higher);
    for (const MemberTrial& trial : group.trials) {
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

std::vector<Group> groups_of(const std::vector<MemberTrial>& trials, std::size_t by, bool higher) {
    Indices all(trials.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    const auto key = [&](const MemberTrial& trial) {
        return Values(trial.columns.begin(), trial.columns.begin() + static_cast<std::ptrdiff_t>(by));
    };
    std::vector<Group> groups;
    for (const Indices& part : partition(trials, all, key)) {
        std::vector<MemberTrial> members;
        for (const std::size_t index : part) members.push_back(trials[index]);
        groups.push_back(group_of(std::move(members), by, higher));
    }
    std::stable_sort(groups.begin(), groups.end(),
                     [&](const Group& a, const Group& b) { return is_better(a.of.mean, b.of.mean, higher); });
    for (Group& group : groups) group.is_best = group.of.mean && group.of.mean == groups.front().of.mean;
    return groups;
}

}  // namespace

Comparison compare(store::Store& store, const ComparisonRequest& request) {
    const store::Experiment experiment = store::find_experiment(store, request.experiment);
    Comparison result;
    result.metric = request.metric.empty() ? experiment.metric : request.metric;
    const SeriesName series = series_named(result.metric);
    result.goal = goal_for(request, experiment, series.name);
    result.by = groups_for(request, experiment);
    result.best = experiment.best;
    std::erase_if(result.best, [&](const std::string& name) { return contains(result.by, name); });

    Names columns = result.by;
    columns.insert(columns.end(), result.best.begin(), result.best.end());
    const auto trials = store::trials_of(store, experiment, series.split, series.name, columns);
    const auto is_finished = [](const MemberTrial& trial) { return trial.status == Status::finished; };
    if (std::any_of(trials.begin(), trials.end(), is_finished))
        check_series(result.metric, store::series_of(store, experiment), experiment.name);
    result.without_metric = std::count_if(trials.begin(), trials.end(),
                                          [&](const MemberTrial& trial) { return is_finished(trial) && !trial.value; });
    result.groups = groups_of(trials, result.by.size(), result.goal == "max");
    return result;
}

}  // namespace unroll::analysis
