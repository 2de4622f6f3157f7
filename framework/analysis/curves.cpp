// Learning curves: the values of a series over training.
#include "analysis/curves.h"

#include <algorithm>
#include <map>

#include "analysis/series_name.h"
#include "store/trial_results.h"

namespace unroll::analysis {

namespace {

CurvePoint point_of(const store::SeriesPoint& point) {
    return {point.step, point.epoch, point.value, point.seconds};
}

}  // namespace

std::vector<TrialCurve> curves(store::Store& store, const CurveRequest& request) {
    const store::Experiment experiment = store::find_experiment(store, request.experiment);
    const std::string metric = request.metric.empty() ? experiment.metric : request.metric;
    const SeriesName series = series_named(metric);
    const auto known = store::series_of(store, experiment);
    if (!known.empty()) check_series(metric, known, experiment.name);
    std::vector<TrialCurve> result;
    for (store::MemberTrial& trial : store::trials_of(store, experiment, series.split, series.name, request.by)) {
        Curve curve{series.split, series.name, {}};
        for (const store::SeriesPoint& point : store::points_of(store, trial.id, series.split, series.name))
            curve.points.push_back(point_of(point));
        result.push_back({std::move(trial), std::move(curve)});
    }
    return result;
}

std::vector<Curve> curves_of(store::Store& store, store::Id trial) {
    std::vector<Curve> result;
    for (const store::SeriesPoint& point : store::points_of(store, trial)) {
        if (result.empty() || result.back().split != point.split || result.back().name != point.name)
            result.push_back({point.split, point.name, {}});
        result.back().points.push_back(point_of(point));
    }
    return result;
}

std::vector<MeanPoint> mean_curve(std::span<const Curve> curves) {
    struct Step {
        std::vector<double> values;
        double epochs = 0, seconds = 0;
    };
    std::map<std::uint64_t, Step> steps;
    for (const Curve& curve : curves)
        for (const CurvePoint& point : curve.points) {
            Step& step = steps[point.step];
            step.values.push_back(point.value);
            step.epochs += point.epoch;
            step.seconds += point.seconds;
        }
    std::vector<MeanPoint> result;
    for (const auto& [step, all] : steps) {
        const auto count = static_cast<double>(all.values.size());
        result.push_back({step, all.epochs / count, statistics(all.values), all.seconds / count});
    }
    return result;
}

}  // namespace unroll::analysis
