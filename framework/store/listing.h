// What is in a store, at a glance: its experiments, their trials, and the space that they take.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/experiments.h"
#include "store/store.h"

namespace unroll::store {

struct ExperimentSummary {
    std::string name, about;
    std::string metric;                 ///< SPLIT/NAME, which it compares
    std::vector<StatusCount> statuses;  ///< of the trials that its manifest asks for
    std::int64_t trials = 0;            ///< those trials
    std::int64_t former = 0;            ///< trials that an earlier manifest of this name asked for
    std::optional<double> best;         ///< of the last values of its metric; finished trials only
    std::string last_run;               ///< when a trial of it was last at work, or else when it was planned; UTC
    std::uint64_t bytes = 0;            ///< of the checkpoints of all its trials; several experiments may share one
};

/// The one that ran last comes first.
std::vector<ExperimentSummary> list_experiments(Store& store);

struct ListedTrial {
    Id id = 0;
    std::string fingerprint;
    std::string axes;  ///< JSON object nested like config
    trial::TrialStatus status = trial::TrialStatus::queued;
    std::string cause;                 ///< of trial::Cause: why it ended before its time, or has not all its samples
    std::int64_t step = 0, steps = 0;  ///< reached, and of the whole training
    std::optional<double> value;       ///< the last value of the experiment's metric; finished trials only
    std::string ended_at;              ///< UTC; "" when it has not
    std::uint64_t bytes = 0;           ///< of its checkpoints
    bool current = true;               ///< false: the manifest asks for it no longer
};

/// In the manifest's order; those that it asks for no longer come last. Throws Error as find_experiment().
std::vector<ListedTrial> list_trials(Store& store, const std::string& experiment);

struct StoreSize {
    std::uint64_t database = 0, checkpoints = 0;  ///< bytes
    std::int64_t trials = 0;
    std::int64_t alone = 0;  ///< trials of no experiment
};
StoreSize size_of(Store& store);

/// Bytes of a trial's checkpoints; files that are missing count as none.
std::uint64_t checkpoint_bytes(Store& store, Id trial);

}  // namespace unroll::store
