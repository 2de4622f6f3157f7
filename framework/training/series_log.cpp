// Recording the training series.
#include "training/series_log.h"

#include <algorithm>

namespace unroll::training {

double SeriesLog::tokens_per_second(const TrainingState& state) const {
    return double(tokens_) / std::max(state.seconds - logged_seconds_, 1e-9);
}

void SeriesLog::step(TrainingState& state, const model::LossSums& sums, Size tokens) {
    state.since_log += sums;
    state.auxiliary_since_log += state.auxiliary;
    state.recent.add(sums, state.auxiliary);
    state.since_epoch += sums;
    tokens_ += tokens;
    sink_.progress({state.step, length_.steps, sums.mean(), tokens_per_second(state)});
}

void SeriesLog::means(const TrainingState& state, const Learner& learner, const RecentLosses::Sums& sums,
                      double tokens_per_second) {
    for (const Metric& metric : learner.step_metrics(sums.loss)) point(state, Split::train, metric);
    point(state, Split::train, {"gradient_norm", state.gradient_norm});
    point(state, Split::train, {"learning_rate", state.learning_rate});
    if (tokens_per_second > 0) point(state, Split::train, {"tokens_per_second", tokens_per_second});
    for (const Metric& metric : learner.auxiliary_metrics(sums.auxiliary)) point(state, Split::train, metric);
}

void SeriesLog::means(TrainingState& state, const Learner& learner) {
    means(state, learner, {state.since_log, state.auxiliary_since_log}, tokens_per_second(state));
    state.since_log = state.auxiliary_since_log = {};
    tokens_ = 0;
    logged_seconds_ = state.seconds;
}

void SeriesLog::final_means(const TrainingState& state, const Learner& learner) {
    const RecentLosses::Sums sums = state.recent.over(RecentLosses::window(state.step));
    if (sums.loss.predictions) means(state, learner, sums, double(state.tokens) / std::max(state.seconds, 1e-9));
}

void SeriesLog::epoch(TrainingState& state) {
    point(state, Split::train, {"epoch_loss", state.since_epoch.mean()});
    state.since_epoch = {};
}

void SeriesLog::point(const TrainingState& state, Split split, Metric metric) {
    const double epoch = double(state.step) / double(length_.epoch);
    sink_.record(Point{state.step, epoch, split, std::string(metric.name), metric.value, state.seconds});
}

}  // namespace unroll::training
