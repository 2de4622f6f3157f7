// Samples, gradients, losses and checkpoints that are asked for and not there.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sampling/sample_plan.h"
#include "store/trajectories.h"
#include "training/measure.h"
#include "training/record.h"
#include "trial/trial.h"

namespace unroll::sweep {

/// Samples to be made with the weights of one checkpoint.
struct SamplesAt {
    training::CheckpointInfo checkpoint;
    std::vector<sampling::PlannedSample> samples;
};

struct PendingSamples {
    std::vector<SamplesAt> makeable;  ///< in the order of the steps
    Size lost = 0;                    ///< wanted at steps whose checkpoint is no longer kept
};

/// For a trial that has ended with the newest of `checkpoints`: what its sampling settings want at every step up to
/// there, less what is present. Without a checkpoint, the steps are those of a trial that nothing ended early. What
/// only an unusable checkpoint could give counts as lost.
PendingSamples pending_samples(const trial::Trial& trial, const Dataset& dataset,
                               const std::vector<trial::SamplingSettings>& sampling,
                               const std::set<sampling::SampleKey>& present,
                               const std::vector<training::CheckpointInfo>& checkpoints);

struct PendingGradients {
    std::vector<training::CheckpointInfo> makeable;  ///< to be measured with, in the order of the steps
    Size lost = 0;                                   ///< wanted at steps whose checkpoint is no longer kept
};

/// The same for gradients: `present` are the steps at which they were measured.
PendingGradients pending_gradients(const trial::Trial& trial, const Dataset& dataset,
                                   const std::vector<trial::When>& when_due, const std::set<std::uint64_t>& present,
                                   const std::vector<training::CheckpointInfo>& checkpoints);

struct PendingEvaluations {
    std::vector<training::Unevaluated> makeable;  ///< in the order of the steps
    Size lost = 0;                                ///< wanted at steps whose checkpoint is no longer kept
    bool curve_lost = false;                      ///< the training curve has fewer points than log_every asks for
};

/// Losses that are asked for and not there. `{"times": N}` asks for a distance, not for steps: a point that is near
/// enough serves. A trial with an early stop, whose evaluations are part of it, and one of a task that is not evaluated
/// lack none.
PendingEvaluations pending_evaluations(const trial::Trial& trial, const Dataset& dataset,
                                       const std::vector<trial::When>& when_due, const store::KnownLosses& known,
                                       const std::vector<training::CheckpointInfo>& checkpoints);

/// How many checkpoints a trained trial lacks because it was trained for fewer than are asked for now: with the
/// settings `stored_config`, which a lower keep_checkpoints or another checkpoint_every was part of. None when these
/// ask for no more: what was pruned is not missed.
Size lacking_checkpoints(const trial::Trial& trial, const Dataset& dataset, const std::string& stored_config,
                         const std::vector<training::CheckpointInfo>& checkpoints);

}  // namespace unroll::sweep
