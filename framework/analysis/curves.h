// Learning curves: the values of a series over training, by trial, and their mean over several trials.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analysis/statistics.h"
#include "store/experiments.h"
#include "store/result_table.h"
#include "store/store.h"

namespace unroll::analysis {

struct CurvePoint {
    std::uint64_t step = 0;
    double epoch = 0;
    double value = 0;
    double seconds = 0;  ///< of training until then
};

/// A series of one trial, its points by step.
struct Curve {
    std::string split, name;
    std::vector<CurvePoint> points;
};

/// The curve of an experiment's trial. A trial that has no point of the series has a curve without points.
struct TrialCurve {
    store::MemberTrial trial;  ///< `columns` are the values of what the request groups by
    Curve curve;
};

/// What is left empty comes from the experiment's manifest.
struct CurveRequest {
    std::string experiment;
    std::string metric;           ///< SPLIT/NAME
    std::vector<std::string> by;  ///< axes, columns of `result`, or paths of the config; empty: nothing is grouped
};

/// A curve for each current trial, in the manifest's order. Throws Error, with what there is, for an unknown
/// experiment, axis or metric.
std::vector<TrialCurve> curves(store::Store& store, const CurveRequest& request);

/// All series of one trial, by split and name.
std::vector<Curve> curves_of(store::Store& store, store::Id trial);

/// A step of a mean curve.
struct MeanPoint {
    std::uint64_t step = 0;
    double epoch = 0;    ///< the mean of those curves' epochs
    Statistics of;       ///< of the values of the curves that have this step
    double seconds = 0;  ///< the mean of their training times until then
};

/// Over all curves, by step. A step that some of the curves lack is there with those that have it: see Statistics::n.
std::vector<MeanPoint> mean_curve(std::span<const Curve> curves);

}  // namespace unroll::analysis
