// An experiment as a folder of TensorBoard: a run for each trial.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "store/store.h"

namespace unroll::exports {

struct TensorboardFolder {
    std::filesystem::path folder;  ///< with the runs, in the folder that was given
    std::size_t runs = 0;          ///< trials that have begun; others have nothing to show
};

/// Writes <folder>/<experiment>/<axes of the trial>/ for each current trial that has begun, with
/// - a scalar for each recorded value, its tag SPLIT/NAME, its wall time that of the training;
/// - what it wrote as texts, what it drew as images, by sampler and temperature;
/// - its axes and weights for the HPARAMS tab, where the seeds of a setting are one group; its config as a text.
/// A file that an earlier export of the same trial wrote is replaced. Throws Error as find_experiment(), and for a
/// folder that cannot be written.
TensorboardFolder write_tensorboard(store::Store& store, const std::string& experiment,
                                    const std::filesystem::path& folder);

}  // namespace unroll::exports
