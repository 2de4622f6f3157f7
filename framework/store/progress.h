// How far the trials of a store are, in few and quick queries: for whoever looks again and again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/experiments.h"
#include "store/store.h"

namespace unroll::store {

struct RunningTrial {
    Id id = 0;
    std::string axes;                  ///< JSON object nested like config
    std::int64_t step = 0, steps = 0;  ///< that its points have reached, and of the whole training
    std::optional<double> loss;        ///< the last of train/loss
    bool is_silent = false;            ///< no sign of life for a minute: its process is gone, or stopped
};

struct Progress {
    std::vector<StatusCount> statuses;  ///< of the current trials
    std::vector<RunningTrial> running;
    std::int64_t last_sample = 0;  ///< grows with each text, answer and image of theirs
    std::string last_end;          ///< when a trial ended last, UTC; "" for none
};

/// Throws Error as find_experiment().
Progress progress_of(Store& store, const std::string& experiment);

/// An experiment with what a list of many shows of it.
struct ExperimentProgress {
    std::string name, about, updated_at;
    std::vector<StatusCount> statuses;
};

/// Those planned last first.
std::vector<ExperimentProgress> progress_of_all(Store& store);

/// A trial in a list of many.
struct TrialProgress {
    Id id = 0;
    std::string axes;
    trial::TrialStatus status = trial::TrialStatus::queued;
    std::int64_t step = 0, steps = 0;  ///< reached, and of the whole training
    std::optional<double> value;       ///< the last of the experiment's metric; finished trials only
};

/// The current trials of an experiment in the manifest's order, `most` at most: those that run first.
std::vector<TrialProgress> trials_with_progress(Store& store, const Experiment& experiment, std::size_t most);

/// What changes whenever something of a trial does that a page about it would show.
struct TrialMark {
    trial::TrialStatus status = trial::TrialStatus::queued;
    std::int64_t step = 0, steps = 0, attempts = 0, last_sample = 0;
    std::int64_t points = 0;  ///< the last steps of its series, added up
};

/// Throws Error when there is no such trial.
TrialMark mark_of(Store& store, Id trial);

/// Where a trial stands in an experiment.
struct TrialPlace {
    std::string experiment, axes;
};

/// Those that ask for it, by name.
std::vector<TrialPlace> memberships_of(Store& store, Id trial);

}  // namespace unroll::store
