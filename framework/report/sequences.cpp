// What was measured within sequences: loss and accuracy by position, the gradient by lag.
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "report/sections.h"
#include "report/thinning.h"

namespace unroll::report {

namespace {

using analysis::Group;

/// Values of one trial by place.
using Profile = std::map<std::int64_t, double>;

enum class Mean { arithmetic, geometric };

/// Of values that are all above 0: their mean and its interval on a logarithmic scale.
analysis::Statistics geometric(std::vector<double> values) {
    for (double& value : values) value = std::log(value);
    analysis::Statistics of = analysis::statistics(values);
    for (std::optional<double>* part : {&of.mean, &of.low, &of.high})
        if (*part) *part = std::exp(**part);
    of.sd.reset();
    return of;
}

/// The mean of the profiles of each group's trials: a chart for each block.
std::optional<Figure> mean_profiles(const Source& source, Mean mean,
                                    const std::function<Profile(store::Id)>& profile_of) {
    Figure figure;
    std::size_t block = std::numeric_limits<std::size_t>::max();
    for (const Group& group : source.comparison.groups) {
        std::map<std::int64_t, std::vector<double>> values;
        for (const analysis::ComparedTrial* trial : finished_of(group))
            for (const auto& [place, value] : profile_of(trial->id)) values[place].push_back(value);
        if (values.size() < 2) continue;
        Series series = series_for(source, group);
        for (const auto& [place, list] : values)
            add_mean(series, {static_cast<double>(place)},
                     mean == Mean::geometric ? geometric(list) : analysis::statistics(list));
        if (group.block != block) figure.charts.push_back({block_title(source, group), {}});
        block = group.block;
        figure.charts.back().series.push_back(thinned(std::move(series), points_of_a_curve));
    }
    if (figure.charts.empty()) return std::nullopt;
    return figure;
}

/// The rows of each trial, read once for all figures.
using Positions = std::map<store::Id, std::vector<store::PositionRow>>;

Positions positions_of(const Source& source) {
    Positions positions;
    for (const Group& group : source.comparison.groups)
        for (const analysis::ComparedTrial* trial : finished_of(group))
            positions.emplace(trial->id, store::positions_of(source.store, trial->id));
    return positions;
}

std::optional<Figure> by_position(const Source& source, const Positions& positions, const std::string& split,
                                  bool accuracy) {
    auto figure = mean_profiles(source, Mean::arithmetic, [&](store::Id trial) {
        Profile profile;
        for (const store::PositionRow& row : positions.at(trial)) {
            if (row.split != split) continue;
            if (!accuracy)
                profile[row.position] = row.loss;
            else if (row.accuracy)
                profile[row.position] = *row.accuracy;
        }
        return profile;
    });
    if (!figure) return figure;
    const std::string metric = split + (accuracy ? "/accuracy" : "/loss");
    figure->id = fmt::format("{}-by-position-{}", accuracy ? "accuracy" : "loss", split);
    figure->about = fmt::format(
        "{} at each position of a sequence at the end of training: the mean over trials, with its 95% confidence "
        "interval.",
        metric);
    figure->x = {{"position", {}, {}, false}};
    figure->y = {metric, {}, {}, false};
    return figure;
}

std::optional<Figure> by_lag(const Source& source) {
    auto figure = mean_profiles(source, Mean::geometric, [&](store::Id trial) {
        Profile profile;
        const std::vector<store::LagRow> rows = store::last_gradients_of(source.store, trial);
        if (rows.empty() || rows.front().lag != 0 || rows.front().norm <= 0) return profile;
        for (const store::LagRow& row : rows)
            if (row.norm > 0) profile[row.lag] = row.norm / rows.front().norm;
        return profile;
    });
    if (!figure) return figure;
    figure->id = "gradient-by-lag";
    figure->about =
        "How far back the input matters: the norm of the gradient of the last position's loss with respect to the "
        "input so many steps before, over that at lag 0. The geometric mean over trials, with its 95% confidence "
        "interval; norms of 0 are left out.";
    figure->x = {{"lag", {}, {}, false}};
    figure->y = {"gradient norm over that at lag 0", {}, {}, true};
    return figure;
}

}  // namespace

Section within_sequences(const Source& source) {
    Section section{"sequences", "Within sequences", {}};
    const auto add = [&](const std::string& title, bool folded, std::optional<Figure> figure) {
        if (figure) section.blocks.push_back({title, folded, std::move(*figure)});
    };
    const std::string shown = source.comparison.metric.substr(0, source.comparison.metric.find('/'));
    const Positions positions = positions_of(source);
    for (const bool accuracy : {false, true})
        for (const char* split : {"test", "validation", "train"})
            add(fmt::format("{} by position, {} split", accuracy ? "Accuracy" : "Loss", split),
                accuracy || split != shown, by_position(source, positions, split, accuracy));
    if (!section.blocks.empty()) section.blocks.front().folded = false;
    add("Gradient by lag", false, by_lag(source));
    return section;
}

}  // namespace unroll::report
