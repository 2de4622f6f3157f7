// Learning curves of the groups: means over trials by step, with their intervals.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "analysis/group_curves.h"
#include "analysis/series_name.h"
#include "report/sections.h"
#include "report/thinning.h"

namespace unroll::report {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Tokens or FLOPs of a step: the mean over a group's trials that tell.
template <class PerStep>
double mean_per_step(const Source& source, const analysis::Group& group, PerStep per_step) {
    double sum = 0, count = 0;
    for (const std::size_t index : group.chosen)
        if (const auto found = source.costs.find(group.trials[index].id); found != source.costs.end())
            if (const std::optional<double> value = per_step(found->second)) {
                sum += *value;
                ++count;
            }
    return count > 0 ? sum / count : none;
}

std::optional<double> tokens_per_step(const Cost& cost) {
    if (!cost.tokens || !cost.step || *cost.step <= 0 || *cost.tokens <= 0) return std::nullopt;
    return *cost.tokens / *cost.step;
}

Series curve_of(const Source& source, const analysis::Group& group, const analysis::GroupCurve& curve) {
    const double tokens = mean_per_step(source, group, tokens_per_step);
    const double flops = mean_per_step(source, group, [](const Cost& cost) { return cost.flops_per_step; });
    Series series = series_for(source, group);
    for (const analysis::MeanPoint& point : curve.points) {
        const auto step = static_cast<double>(point.step);
        add_mean(series, {step, point.epoch, point.seconds, step * tokens, step * flops}, point.of);
    }
    return series;
}

bool has_intervals(const Figure& figure) {
    for (const Chart& chart : figure.charts)
        for (const Series& series : chart.series)
            if (std::any_of(series.low.begin(), series.low.end(), [](double low) { return low == low; })) return true;
    return false;
}

/// Leaves out horizontal axes on which no point has a place.
void drop_unknown_axes(Figure& figure) {
    for (std::size_t axis = figure.x.size(); axis-- > 0;) {
        bool is_known = false;
        for (const Chart& chart : figure.charts)
            for (const Series& series : chart.series)
                is_known = is_known || std::any_of(series.x[axis].begin(), series.x[axis].end(),
                                                   [](double x) { return std::isfinite(x) && x != 0; });
        if (is_known || figure.x.size() == 1) continue;
        const auto place = static_cast<std::ptrdiff_t>(axis);
        figure.x.erase(figure.x.begin() + place);
        for (Chart& chart : figure.charts)
            for (Series& series : chart.series) series.x.erase(series.x.begin() + place);
    }
}

/// None when no group has more than one point.
std::optional<Figure> figure_of(const Source& source, const std::string& metric) {
    Figure figure;
    figure.id = "curve-" + metric;
    std::replace_if(
        figure.id.begin(), figure.id.end(), [](unsigned char c) { return !std::isalnum(c); }, '-');
    figure.x = {{"step", {}, {}, false},
                {"epoch", {}, {}, false},
                {"seconds", {}, {}, false},
                {"tokens", {}, {}, false},
                {"FLOPs", {}, {}, false}};
    figure.y = {metric, {}, {}, false};
    std::size_t block = std::numeric_limits<std::size_t>::max(), most = 0, whole = 0;
    bool is_outline = false;
    for (const analysis::GroupCurve& curve :
         analysis::group_curves(source.store, source.comparison, metric, source.most_read)) {
        if (curve.points.empty()) continue;
        const analysis::Group& group = source.comparison.groups[curve.group];
        if (group.block != block) figure.charts.push_back({block_title(source, group), {}});
        block = group.block;
        most = std::max(most, curve.points.size());
        is_outline = is_outline || curve.is_outline;
        figure.charts.back().series.push_back(thinned(curve_of(source, group, curve), points_of_a_curve));
        whole = std::max(whole, curve.trials);
    }
    if (most < 2) return std::nullopt;
    drop_unknown_axes(figure);
    figure.about = fmt::format("{} over training: the mean over the trials of each group's best choice", metric);
    figure.about += has_intervals(figure) ? ", with the 95% confidence interval of the mean as a band." : ".";
    if (most > points_of_a_curve)
        figure.about += fmt::format(
            " Of up to {} points of a curve at most {} are kept: the lowest and the highest of "
            "each stretch.",
            most, points_of_a_curve);
    if (is_outline)
        figure.about +=
            " Downsampled, as there are too many points to read: curves are drawn at the steps of the minima and "
            "maxima of the first trial in each group, or at evenly spaced steps.";
    return figure;
}

/// What is compared first: its own series, or, when that has its last values only, the same of the validation split.
std::vector<std::string> in_order(const Source& source) {
    const std::string name = analysis::series_named(source.comparison.metric).name;
    std::vector<std::string> order;
    for (const std::string& wanted : {source.comparison.metric, "validation/" + name, "train/" + name})
        if (std::find(source.series.begin(), source.series.end(), wanted) != source.series.end() &&
            std::find(order.begin(), order.end(), wanted) == order.end())
            order.push_back(wanted);
    for (const std::string& series : source.series)
        if (std::find(order.begin(), order.end(), series) == order.end()) order.push_back(series);
    return order;
}

}  // namespace

Section learning_curves(const Source& source) {
    constexpr std::size_t open = 2;
    Section section{"curves", "Learning curves", {}};
    for (const std::string& metric : in_order(source))
        if (std::optional<Figure> figure = figure_of(source, metric)) {
            const bool folded = section.blocks.size() >= open;
            section.blocks.push_back({metric, folded, std::move(*figure)});
        }
    return section;
}

}  // namespace unroll::report
