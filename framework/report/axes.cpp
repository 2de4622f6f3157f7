// The metric by each axis of numbers, by what was tuned, and by what a trial needs: weights, state and training.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "report/sections.h"
#include "report/words.h"

namespace unroll::report {

namespace {

using analysis::Comparison;
using analysis::Group;

constexpr std::size_t most_ticks = 12;

std::string id_of(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return !std::isalnum(c); }, '-');
    return text;
}

/// An axis over these numbers: all of them labelled when they are few.
Axis axis_of(const std::string& name, const std::set<double>& values) {
    Axis axis{name, {}, {values.begin(), values.end()}, false};
    axis.logarithmic = grows_by_factors(axis.ticks);
    if (axis.ticks.size() > most_ticks) axis.ticks.clear();
    return axis;
}

/// The place of the chart of this title, made when there is none.
Chart& chart_of(Figure& figure, const std::string& title) {
    for (Chart& chart : figure.charts)
        if (chart.title == title) return chart;
    return figure.charts.emplace_back(Chart{title, {}});
}

Series& series_of(Chart& chart, const Series& like) {
    for (Series& series : chart.series)
        if (series.name == like.name) return series;
    return chart.series.emplace_back(like);
}

/// Points by x: groups come with the best mean first.
void sort_by_x(Figure& figure) {
    for (Chart& chart : figure.charts) {
        for (Series& series : chart.series) {
            std::vector<std::size_t> order(series.y.size());
            for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
            std::stable_sort(order.begin(), order.end(),
                             [&](std::size_t a, std::size_t b) { return series.x[0][a] < series.x[0][b]; });
            const auto arrange = [&](Numbers& numbers) {
                Numbers sorted;
                for (const std::size_t place : order) sorted.push_back(numbers[place]);
                numbers = std::move(sorted);
            };
            for (Numbers& x : series.x) arrange(x);
            for (Numbers* numbers : {&series.y, &series.low, &series.high, &series.n}) arrange(*numbers);
        }
        std::stable_sort(chart.series.begin(), chart.series.end(),
                         [](const Series& a, const Series& b) { return a.hue < b.hue; });
    }
}

/// The metric over an axis of `by`: a chart for each combination of the others, a line for each system.
std::optional<Figure> over_axis(const Source& source, std::size_t axis) {
    const Comparison& comparison = source.comparison;
    std::set<double> values;
    for (const Group& group : comparison.groups) {
        if (!number_in(group.by[axis])) return std::nullopt;
        if (group.of.mean) values.insert(*number_in(group.by[axis]));
    }
    if (values.size() < 2) return std::nullopt;
    Figure figure;
    figure.id = "by-" + id_of(comparison.by[axis]);
    figure.about = fmt::format("Mean {} over {}, with the 95% confidence interval of the mean.", comparison.metric,
                               comparison.by[axis]);
    figure.marks = Figure::Marks::lines_and_points;
    figure.x = {axis_of(comparison.by[axis], values)};
    figure.y = {comparison.metric, {}, {}, false};
    for (const Group& group : comparison.groups) {
        if (!group.of.mean) continue;
        Series like = axis == 0 ? Series{} : series_for(source, group);
        if (axis == 0) like.name = comparison.metric;
        std::vector<std::string> others;
        for (std::size_t i = 1; i < group.by.size(); ++i)
            if (i != axis) others.push_back(last_key(comparison.by[i]) + " " + in_words(group.by[i]));
        Chart& chart = chart_of(figure, fmt::format("{}", fmt::join(others, ", ")));
        add_mean(series_of(chart, like), {*number_in(group.by[axis])}, group.of);
    }
    sort_by_x(figure);
    return figure;
}

/// What an axis of `best` was chosen by: a chart for each block, a line for each system.
std::optional<Figure> over_tuned(const Source& source, std::size_t axis) {
    const Comparison& comparison = source.comparison;
    const std::size_t column = comparison.by.size() + axis;
    Figure figure;
    figure.id = "tuned-" + id_of(comparison.best[axis]);
    figure.marks = Figure::Marks::lines_and_points;
    figure.y = {comparison.tuned_on, {}, {}, false};
    std::set<double> values;
    for (const Group& group : comparison.groups) {
        std::map<double, std::vector<double>> tried;
        for (const analysis::ComparedTrial& trial : group.trials) {
            const auto value = number_in(trial.columns[column]);
            if (!value) return std::nullopt;
            if (trial.tuning_value) tried[*value].push_back(*trial.tuning_value);
        }
        if (tried.empty()) continue;
        Series series = series_for(source, group);
        for (const auto& [value, results] : tried) {
            values.insert(value);
            add_mean(series, {value}, analysis::statistics(results));
        }
        chart_of(figure, block_title(source, group)).series.push_back(std::move(series));
    }
    if (values.size() < 2) return std::nullopt;
    figure.x = {axis_of(comparison.best[axis], values)};
    figure.about = fmt::format(
        "Mean {} at each {} that was tried, with its 95% confidence interval; trials that diverged have none.",
        comparison.tuned_on, comparison.best[axis]);
    sort_by_x(figure);
    return figure;
}

/// One way to measure what a trial needs.
struct Measure {
    std::string name;
    std::function<std::optional<double>(const analysis::ComparedTrial&, const Cost&)> of;
};

/// Whether trials differ by more than their seeds make of it, and by factors.
bool differs_notably(const std::set<double>& values) {
    return !values.empty() && *values.rbegin() >= 1.05 * *values.begin();
}
bool differs_greatly(const std::set<double>& values) {
    return !values.empty() && *values.rbegin() >= 8 * *values.begin();
}

/// Each trial of the best choices over what it needs, by those of `measures` that differ; absent when none does.
std::optional<Figure> over_needs(const Source& source, const std::string& id, const std::string& what,
                                 std::vector<Measure> measures) {
    const Comparison& comparison = source.comparison;
    const auto each = [&](const auto& use) {
        for (const Group& group : comparison.groups)
            for (const analysis::ComparedTrial* trial : finished_of(group))
                if (trial->value) use(group, *trial, source.costs.at(trial->id));
    };
    Figure figure;
    figure.id = id;
    figure.marks = Figure::Marks::points;
    figure.y = {comparison.metric, {}, {}, false};
    std::erase_if(measures, [&](const Measure& measure) {
        std::set<double> values;
        bool any_zero = false;  // as of a cell without a state: on a logarithmic axis it has no place
        each([&](const Group&, const analysis::ComparedTrial& trial, const Cost& cost) {
            const auto value = measure.of(trial, cost);
            if (value && *value > 0) values.insert(*value);
            any_zero = any_zero || value == 0.0;
        });
        if (!differs_notably(values) && !(any_zero && !values.empty())) return true;
        figure.x.push_back({measure.name, {}, {}, differs_greatly(values) && !any_zero});
        return false;
    });
    if (measures.empty()) return std::nullopt;
    each([&](const Group& group, const analysis::ComparedTrial& trial, const Cost& cost) {
        std::vector<double> x;
        for (const Measure& measure : measures)
            x.push_back(measure.of(trial, cost).value_or(std::numeric_limits<double>::quiet_NaN()));
        analysis::Statistics one;
        one.n = 1;
        one.mean = trial.value;
        add_mean(series_of(chart_of(figure, block_title(source, group)), series_for(source, group)), x, one);
    });
    figure.about = fmt::format("{} of each trial over {}.", comparison.metric, what);
    sort_by_x(figure);
    return figure;
}

std::optional<Figure> over_weights(const Source& source) {
    return over_needs(source, "by-weights", "its number of weights",
                      {{"weights", [](const auto& trial, const Cost&) {
                            return std::optional(static_cast<double>(trial.parameters));
                        }}});
}

std::optional<Figure> over_state(const Source& source) {
    return over_needs(source, "by-state", "its state size, the numbers that a sequence carries from step to step",
                      {{"state size", [](const auto&, const Cost& cost) { return cost.state_size; }}});
}

std::optional<Figure> over_cost(const Source& source) {
    return over_needs(source, "by-cost", "what its training cost",
                      {{"FLOPs", [](const auto&, const Cost& cost) { return cost.flops(); }},
                       {"seconds", [](const auto&, const Cost& cost) { return cost.seconds; }},
                       {"tokens", [](const auto&, const Cost& cost) { return cost.tokens; }}});
}

}  // namespace

Section by_axis(const Source& source) {
    const Comparison& comparison = source.comparison;
    Section section{"axes", comparison.metric + " by axis", {}};
    const auto add = [&](const std::string& title, std::optional<Figure> figure) {
        if (figure) section.blocks.push_back({title, false, std::move(*figure)});
    };
    for (std::size_t axis = 0; axis < comparison.by.size(); ++axis)
        add("Over " + comparison.by[axis], over_axis(source, axis));
    add("Over the number of weights", over_weights(source));
    add("Over the state size", over_state(source));
    add("Over the cost of training", over_cost(source));
    for (std::size_t axis = 0; axis < comparison.best.size(); ++axis)
        add(fmt::format("How {} was chosen", comparison.best[axis]), over_tuned(source, axis));
    return section;
}

}  // namespace unroll::report
