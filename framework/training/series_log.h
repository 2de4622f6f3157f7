// The training series of a trial: means since they were last recorded, and how fast it goes.
#pragma once

#include <cstdint>
#include <string_view>

#include "training/checkpoint.h"
#include "training/learner.h"
#include "training/record.h"
#include "trial/due.h"

namespace unroll::training {

class SeriesLog {
public:
    SeriesLog(Sink& sink, const trial::Length& length) : sink_(sink), length_(length) {}

    /// Where an attempt begins.
    void start(const TrainingState& state) { logged_seconds_ = state.seconds; }

    /// After a step with the sums of its losses.
    void step(TrainingState& state, const model::LossSums& sums, Size tokens);

    /// The means of the steps since the last call, which begin anew.
    void means(TrainingState& state, const Learner& learner);

    /// At the end of training, in place of these means at this step: those of the last steps (RecentLosses::window),
    /// which do not depend on how often means are recorded, and the speed of the whole training. The state stays as it
    /// is, so that a longer trial may go on.
    void final_means(const TrainingState& state, const Learner& learner);

    /// The mean of the epoch that has just ended.
    void epoch(TrainingState& state);

    void point(const TrainingState& state, Split split, Metric metric);

private:
    void means(const TrainingState& state, const Learner& learner, const RecentLosses::Sums& sums,
               double tokens_per_second);
    double tokens_per_second(const TrainingState& state) const;

    Sink& sink_;
    const trial::Length& length_;
    std::uint64_t tokens_ = 0;   ///< since the means were recorded
    double logged_seconds_ = 0;  ///< training time when they were
};

}  // namespace unroll::training
