// Learning curves of the groups of a comparison.
#include "analysis/group_curves.h"

#include "analysis/series_name.h"
#include "store/trial_results.h"

namespace unroll::analysis {

namespace {

Curve curve_of(store::Store& store, store::Id trial, const SeriesName& series) {
    Curve curve{series.split, series.name, {}};
    for (const store::SeriesPoint& point : store::points_of(store, trial, series.split, series.name))
        curve.points.push_back({point.step, point.epoch, point.value, point.seconds});
    return curve;
}

}  // namespace

std::vector<GroupCurve> group_curves(store::Store& store, const Comparison& comparison, const std::string& metric) {
    const SeriesName series = series_named(metric.empty() ? comparison.metric : metric);
    std::vector<GroupCurve> list;
    for (std::size_t place = 0; place < comparison.groups.size(); ++place) {
        const Group& group = comparison.groups[place];
        std::vector<Curve> finished, others;
        for (const std::size_t index : group.chosen) {
            const store::MemberTrial& trial = group.trials[index];
            Curve curve = curve_of(store, trial.id, series);
            if (curve.points.empty()) continue;
            (trial.status == trial::TrialStatus::finished ? finished : others).push_back(std::move(curve));
        }
        const std::vector<Curve>& used = finished.empty() ? others : finished;
        list.push_back({place, used.size(), mean_curve(used)});
    }
    return list;
}

}  // namespace unroll::analysis
