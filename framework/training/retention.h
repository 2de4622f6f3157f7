// Which checkpoints of a trial are kept.
#pragma once

#include <vector>

#include "training/record.h"

namespace unroll::training {

/// Adds a checkpoint to those of its trial, which are in the order of their steps, and takes out what is not kept any
/// longer: all but the newest `saved.keep` of those that are scheduled, the best and the last. One of the same step is
/// replaced; a last or best one takes that from the others. Returns those taken out.
///
/// So one that was written at an interruption takes nobody's place, and goes with the next one: in the end, a trial
/// that was interrupted has kept what one has that never was.
std::vector<CheckpointInfo> add_checkpoint(std::vector<CheckpointInfo>& checkpoints, const CheckpointSaved& saved);

}  // namespace unroll::training
