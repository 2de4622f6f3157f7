// Learning curves of the groups of a comparison.
#include "analysis/group_curves.h"

#include "analysis/series_name.h"

namespace unroll::analysis {

namespace {

Curve curve_of(store::Store& store, store::Id trial, const SeriesName& series) {
    for (Curve& curve : curves_of(store, trial))
        if (curve.split == series.split && curve.name == series.name) return std::move(curve);
    return {series.split, series.name, {}};
}

}  // namespace

std::vector<GroupCurve> group_curves(store::Store& store, const Comparison& comparison) {
    const SeriesName series = series_named(comparison.metric);
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
