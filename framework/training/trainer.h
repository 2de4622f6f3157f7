// One trial, from its settings to its records. It knows no database, no sweep and no terminal.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "manifest/trial.h"
#include "model/model.h"
#include "plugins/catalog.h"
#include "training/records.h"
#include "unroll/dataset.h"

namespace unroll::training {

/// What is trained, and from where. Everything referred to must outlive the call.
struct Job {
    const manifest::Trial& trial;
    const Dataset& dataset;
    const model::Model<float>& model;
    const plugins::Catalog& catalog;
    const std::vector<manifest::SamplingSettings>&
        sampling;                                 ///< what is due while it trains; not what is due at the end
    std::filesystem::path folder;                 ///< checkpoints are written here, as STEP.safetensors
    std::optional<std::filesystem::path> resume;  ///< a checkpoint of this trial to go on from
    std::vector<manifest::When> gradient = {};    ///< when it is measured by lag while it trains; not at the end
};

struct Outcome {
    enum class Kind { finished, diverged, interrupted };
    Kind kind = Kind::finished;
    std::uint64_t step = 0, tokens = 0;
    double seconds = 0;  ///< spent in steps, all attempts together
    std::optional<std::uint64_t> diverged_step;
};

/// Trains until the trial's end, until its loss is no longer finite, or until `stop` is raised: then the step that runs
/// is ended and a checkpoint written. A trial that is resumed ends with the same bits as one that was never stopped.
/// Two calls for one trial must not run at once; calls for different trials may. Throws Error (a checkpoint that does
/// not belong here, a training split without a single batch).
Outcome train(const Job& job, Records& records, const std::atomic<bool>& stop);

/// Steps in an epoch, and in the whole trial when nothing ends it early.
struct Length {
    std::uint64_t epoch = 1, steps = 0;
};
Length length_of(const manifest::Trial& trial, const Dataset& dataset);

/// Useful floating-point operations of a full training step.
double flops_per_step(const manifest::Trial& trial, const Dataset& dataset, const model::Model<float>& model);

}  // namespace unroll::training
