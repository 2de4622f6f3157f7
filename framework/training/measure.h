// Losses of a checkpoint's weights, as they would have been measured while it trained.
#pragma once

#include <atomic>
#include <vector>

#include "model/model.h"
#include "training/record.h"
#include "trial/trial.h"
#include "unroll/dataset.h"

namespace unroll::training {

/// A checkpoint, and the splits whose loss is wanted of it.
struct Unevaluated {
    CheckpointInfo checkpoint;
    std::vector<Split> splits;
    bool by_position = false;  ///< it is the trial's end, of which losses by position are recorded, too
};

/// Records points, and losses by position, with the bits and times that training would have recorded. False when `stop`
/// was raised before the end. Throws Error for a checkpoint that is damaged or belongs to another trial.
bool evaluate_checkpoints(const trial::Trial& trial, const Dataset& dataset, const model::Model<float>& model,
                          const std::vector<Unevaluated>& list, Sink& sink, const std::atomic<bool>& stop);

}  // namespace unroll::training
