// What the store knows of an experiment: how it is compared, its axes, its trials.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/axes.h"
#include "store/result_table.h"
#include "store/store.h"

namespace unroll::store {

struct Experiment {
    std::string name;
    std::string metric, goal;           ///< SPLIT/NAME; min | max
    std::vector<std::string> by, best;  ///< axes that its manifest groups by, and chooses the best of
    std::vector<Axis> axes;             ///< of its current trials, in order of appearance
};

/// Those that ran or were planned last first.
std::vector<std::string> experiment_names(Store& store);

bool has_experiment(Store& store, const std::string& name);

/// Throws Error, with the names that there are and the nearest one, when there is no such experiment.
Experiment find_experiment(Store& store, const std::string& name);

/// The manifest file of an experiment that has this trial, absolute; none when it is not known or not there. What was
/// run with --set has a manifest of its own, which is in no file.
std::optional<std::filesystem::path> manifest_of(Store& store, Id trial);

/// The series that trials of the experiment have values of, as SPLIT/NAME: validation first, then train, then test.
std::vector<std::string> series_of(Store& store, const Experiment& experiment);

/// A current trial of an experiment.
struct MemberTrial {
    Id id = 0;
    std::string fingerprint;
    std::string axes;  ///< JSON object nested like config
    std::uint64_t seed = 0;
    trial::TrialStatus status = trial::TrialStatus::queued;
    std::int64_t parameters = 0;  ///< weights of the model
    std::optional<double> value;  ///< the last one of the series that was asked for; finished trials only
    std::string cell;             ///< the column of that name: of stacks, all of them
    std::string config;           ///< the resolved settings, as JSON
    std::vector<Value> columns;   ///< one for each name that was asked for
};

/// The current trials in the manifest's order, with the last value of the series `split`/`name`, and a column for each
/// of `columns`: an axis of the experiment, a column of the view `result`, or a path of the config, in this order of
/// precedence. Throws Error, with what there is, for a name that is none of them.
std::vector<MemberTrial> trials_of(Store& store, const Experiment& experiment, std::string_view split,
                                   std::string_view name, const std::vector<std::string>& columns);

/// How many current trials of an experiment have each status; those that no trial has are left out. In order of name.
struct StatusCount {
    trial::TrialStatus status;
    std::int64_t trials;
};
std::vector<StatusCount> status_counts(Store& store, const std::string& experiment);

}  // namespace unroll::store
