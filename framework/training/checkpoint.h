// Checkpoints: everything in a trial that its future depends on, to and from a file.
#pragma once

#include <filesystem>
#include <string>

#include "model/buffer.h"
#include "model/loss.h"
#include "model/model.h"
#include "training/part_optimizers.h"
#include "training/recent_losses.h"
#include "training/record.h"
#include "training/stopping.h"
#include "trial/trial.h"
#include "unroll/dataset.h"

namespace unroll::training {

/// What evaluations have led to so far.
struct StoppingState {
    Stopping rule;
    Best best{"validation/loss"};
    bool stopped_early = false;
};

struct TrainingState {
    model::Buffer<float> weights{};
    model::Buffer<float> slots{};    ///< the optimisers'
    model::Buffer<float> carried{};  ///< by one batch to the next, as contiguous streams do; else empty

    std::uint64_t step = 0, tokens = 0;
    double seconds = 0;
    model::LossSums since_log{}, since_epoch{};  ///< training losses that were not yet recorded
    model::LossSums auxiliary_since_log{};       ///< of a learner's second loss, as a generator's
    model::LossSums auxiliary{};                 ///< that of the last step; not kept
    RecentLosses recent{};
    double gradient_norm = 0, learning_rate = 0;  ///< of the last step
    StoppingState stopping;
    bool pending = false;  ///< interrupted after the step itself, before everything that was due after it

    /// Writes the file, named after the step, into `folder`, with what is kept of the dataset (saved_dataset.h);
    /// returns its path and SHA-256.
    std::pair<std::filesystem::path, std::string> save(const std::filesystem::path& folder, const trial::Trial& trial,
                                                       const model::Model<float>& model,
                                                       const PartOptimizers& optimizers, const Dataset& dataset) const;

    /// Fills everything from a checkpoint that save() wrote; the buffers must have their sizes already. Throws
    /// UnusableCheckpoint (checkpoint_file.h) when it is lost or damaged, and Error when it belongs to a model of other
    /// weights or to another optimiser.
    void load(const CheckpointInfo& checkpoint, const model::Model<float>& model, const PartOptimizers& optimizers);
};

/// Only the weights, into `weights` (model.parameters().size()); returns the step that they are of. Throws as load().
std::uint64_t load_weights(const CheckpointInfo& checkpoint, const model::Model<float>& model, float* weights);

}  // namespace unroll::training
