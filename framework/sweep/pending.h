// Samples and gradients that are asked for and not there.
#pragma once

#include <set>
#include <vector>

#include "sampling/sample_plan.h"
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
/// there, less what is present. Without a checkpoint, the steps are those of a trial that nothing ended early.
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

}  // namespace unroll::sweep
