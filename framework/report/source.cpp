// What the sections of a chapter are made from.
#include "report/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/words.h"
#include "store/experiment_columns.h"

namespace unroll::report {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

std::map<store::Id, Cost> costs_of(store::Store& store, const store::Experiment& experiment) {
    // An axis of one of these names would stand before the column.
    store::Experiment without_axes = experiment;
    without_axes.axes.clear();
    const std::vector<std::pair<const char*, std::optional<double> Cost::*>> numbers{
        {"step", &Cost::step},
        {"seconds", &Cost::seconds},
        {"tokens", &Cost::tokens},
        {"tokens_per_second", &Cost::tokens_per_second},
        {"flops_per_step", &Cost::flops_per_step},
        {"diverged_step", &Cost::diverged_step},
        {"state_size", &Cost::state_size}};
    std::vector<std::string> columns{"error"};
    for (const auto& [name, place] : numbers)
        if (store::has_column(store, without_axes, name)) columns.push_back(name);  // older stores lack some
    std::map<store::Id, Cost> costs;
    for (const store::MemberTrial& trial : store::trials_of(store, without_axes, "", "", columns)) {
        Cost& cost = costs[trial.id];
        if (const auto* error = std::get_if<std::string>(&trial.columns.front())) cost.error = *error;
        for (std::size_t i = 1; i < columns.size(); ++i)
            for (const auto& [name, place] : numbers)
                if (columns[i] == name) cost.*place = number_in(trial.columns[i]);
    }
    for (const auto& [trial, ending] : store::endings_of(store, experiment.name))
        if (const auto found = costs.find(trial); found != costs.end()) found->second.ending = ending;
    return costs;
}

}  // namespace

std::optional<double> Cost::flops() const {
    if (!flops_per_step || !step || *step <= 0) return std::nullopt;
    return *flops_per_step * *step;
}

Source source_of(store::Store& store, const analysis::ComparisonRequest& request) {
    store::Experiment experiment = store::find_experiment(store, request.experiment);
    std::vector<std::string> series = store::series_of(store, experiment);
    std::map<store::Id, Cost> costs = costs_of(store, experiment);
    Source source{store,
                  std::move(experiment),
                  store::origin_of(store, request.experiment),
                  analysis::compare(store, request),
                  std::move(series),
                  std::move(costs),
                  {}};
    for (const analysis::Group& group : source.comparison.groups)
        if (const std::string system = system_of(source, group);
            std::find(source.systems.begin(), source.systems.end(), system) == source.systems.end())
            source.systems.push_back(system);
    return source;
}

std::string system_of(const Source& source, const analysis::Group& group) {
    return group.by.empty() ? source.experiment.name : in_words(group.by[0]);
}

std::size_t hue_of(const Source& source, const analysis::Group& group) {
    const auto found = std::find(source.systems.begin(), source.systems.end(), system_of(source, group));
    return static_cast<std::size_t>(found - source.systems.begin());
}

std::string block_title(const Source& source, const analysis::Group& group) {
    std::vector<std::string> parts;
    for (std::size_t i = 1; i < group.by.size(); ++i)
        parts.push_back(fmt::format("{} {}", last_key(source.comparison.by[i]), in_words(group.by[i])));
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<const analysis::ComparedTrial*> finished_of(const analysis::Group& group) {
    std::vector<const analysis::ComparedTrial*> trials;
    for (const std::size_t index : group.chosen)
        if (group.trials[index].status == trial::TrialStatus::finished) trials.push_back(&group.trials[index]);
    return trials;
}

Series series_for(const Source& source, const analysis::Group& group) {
    Series series;
    series.name = system_of(source, group);
    series.hue = hue_of(source, group);
    return series;
}

void add_mean(Series& series, const std::vector<double>& x, const analysis::Statistics& of) {
    series.x.resize(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) series.x[i].push_back(x[i]);
    series.y.push_back(of.mean.value_or(none));
    series.low.push_back(of.low.value_or(none));
    series.high.push_back(of.high.value_or(none));
    series.n.push_back(static_cast<double>(of.n));
}

bool grows_by_factors(const Numbers& values) {
    Numbers sorted = values;
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    if (sorted.size() < 2 || sorted.front() <= 0) return false;
    if (sorted.size() == 2) return sorted.back() / sorted.front() >= 8;
    double most_ratio = 0, least_ratio = std::numeric_limits<double>::infinity();
    double most_step = 0, least_step = std::numeric_limits<double>::infinity();
    for (std::size_t i = 1; i < sorted.size(); ++i) {
        const double ratio = std::log(sorted[i] / sorted[i - 1]), step = sorted[i] - sorted[i - 1];
        most_ratio = std::max(most_ratio, ratio);
        least_ratio = std::min(least_ratio, ratio);
        most_step = std::max(most_step, step);
        least_step = std::min(least_step, step);
    }
    return most_ratio / least_ratio < most_step / least_step;
}

}  // namespace unroll::report
