// Learning curves of the groups of a comparison.
#include "analysis/group_curves.h"

#include <algorithm>

#include "analysis/series_name.h"
#include "store/outline.h"
#include "store/trial_results.h"

namespace unroll::analysis {

namespace {

/// The trials that a group's curve is the mean of, and how many points they have.
struct Members {
    std::vector<store::Id> trials;
    std::int64_t points = 0;
};

Members members_of(store::Store& store, const Group& group, const SeriesName& series) {
    Members finished, others;
    for (const std::size_t index : group.chosen) {
        const store::MemberTrial& trial = group.trials[index];
        const std::int64_t points = store::points_about(store, trial.id, series.split, series.name);
        if (points == 0) continue;
        Members& members = trial.status == trial::TrialStatus::finished ? finished : others;
        members.trials.push_back(trial.id);
        members.points += points;
    }
    return finished.trials.empty() ? others : finished;
}

Curve curve_of(const SeriesName& series, const std::vector<store::SeriesPoint>& points) {
    Curve curve{series.split, series.name, {}};
    for (const store::SeriesPoint& point : points)
        curve.points.push_back({point.step, point.epoch, point.value, point.seconds});
    return curve;
}

/// Where a group's curve is read when about `share` points may be.
std::vector<std::int64_t> steps_for(store::Store& store, const Members& members, const SeriesName& series,
                                    std::int64_t share) {
    // A point that is looked up by itself is a page of the file, as are many that are read one after the other.
    constexpr std::int64_t fewest = 40, most = 500, cost_of_one = 4;
    const auto trials = static_cast<std::int64_t>(members.trials.size());
    const auto count = static_cast<std::size_t>(std::clamp(share / trials / cost_of_one, fewest, most));
    const store::Id first = members.trials.front();
    if (2 * members.points / trials > share) return store::even_steps(store, first, series.split, series.name, count);
    std::vector<std::int64_t> steps;
    for (const store::SeriesPoint& point : store::outline_of(store, first, series.split, series.name, count).points)
        steps.push_back(static_cast<std::int64_t>(point.step));
    return steps;
}

}  // namespace

std::vector<GroupCurve> group_curves(store::Store& store, const Comparison& comparison, const std::string& metric,
                                     std::int64_t most_read) {
    const SeriesName series = series_named(metric.empty() ? comparison.metric : metric);
    std::vector<Members> groups;
    std::int64_t points = 0;
    for (const Group& group : comparison.groups) {
        groups.push_back(members_of(store, group, series));
        points += groups.back().points;
    }
    const std::int64_t share = most_read / static_cast<std::int64_t>(std::max<std::size_t>(1, groups.size()));
    std::vector<GroupCurve> list;
    for (std::size_t place = 0; place < groups.size(); ++place) {
        const Members& members = groups[place];
        const bool is_outline = points > most_read && members.points > share;
        const auto steps = is_outline ? steps_for(store, members, series, share) : std::vector<std::int64_t>();
        std::vector<Curve> curves;
        for (const store::Id trial : members.trials)
            curves.push_back(curve_of(series, is_outline
                                                  ? store::points_at(store, trial, series.split, series.name, steps)
                                                  : store::points_of(store, trial, series.split, series.name)));
        list.push_back({place, curves.size(), mean_curve(curves), is_outline});
    }
    return list;
}

}  // namespace unroll::analysis
