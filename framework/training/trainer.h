// One trial, from its settings to its records. It knows no database, no sweep and no terminal.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/model.h"
#include "plugins/catalog.h"
#include "training/record.h"
#include "trial/cause.h"
#include "trial/status.h"
#include "trial/trial.h"
#include "unroll/dataset.h"

namespace unroll::training {

/// What shall become of a trial that runs.
enum class Decision {
    go_on,
    pause,  ///< after its step, with a checkpoint, as `stop` does: it goes on another time
    end,    ///< when its next evaluation is due, as early stopping does: it counts as finished there
};

/// What is trained, and from where. Everything referred to must outlive the call.
struct Job {
    const trial::Trial& trial;
    const Dataset& dataset;
    const model::Model<float>& model;
    const plugins::Catalog& catalog;
    const std::vector<trial::SamplingSettings>& sampling;  ///< what is due while it trains; not what is due at the end
    std::filesystem::path folder;                          ///< checkpoints are written here, as STEP.safetensors
    std::optional<CheckpointInfo> resume;                  ///< a checkpoint of this trial to go on from
    std::vector<trial::When> gradient = {};  ///< when it is measured by lag while it trains; not at the end
    std::function<Decision()> decide = {};   ///< asked after each step and evaluation; none: always go on
    /// Whether validation is evaluated after this step, too; without effect on a trial with an early stop. None: never.
    std::function<bool(std::uint64_t step)> evaluate_at = {};
    bool continues = false;  ///< `resume` is of another trial of the same trajectory, which may have ended there
    /// Sets weights in place of those that the model begins with, which are there already; none: it stays with these.
    std::function<void(float* weights)> start = {};
};

/// How an attempt at a trial ended. Plain data.
struct Outcome {
    trial::TrialStatus status = trial::TrialStatus::finished;  ///< or diverged, interrupted, failed
    std::uint64_t step = 0, tokens = 0;
    double seconds = 0;  ///< spent in steps, all attempts together
    std::optional<std::uint64_t> diverged_step;
    /// What ended it; of a trial that was trained to its end, what kept samples or measurements from being made.
    std::string error{};
    trial::Cause cause = trial::Cause::none;  ///< of the error; train() throws what ends it
    std::optional<double> bound{};            ///< the limit that ended it, in seconds or bytes
};

/// Trains until the trial's end, until its loss is no longer finite, or until `stop` is raised or `decide` says so:
/// then the step that runs is ended and a checkpoint written. A sampler that fails ends no training: the outcome tells.
/// A trial that is resumed ends with the same bits as one that was never stopped. Two calls for one trial must not run
/// at once; calls for different trials may. Throws Error (a checkpoint that does not belong here, a training split
/// without a single batch, a plugin that changes the floating-point mode).
Outcome train(const Job& job, Sink& sink, const std::atomic<bool>& stop);

}  // namespace unroll::training
