// Samples and gradients that are asked for and not there.
#pragma once

#include <set>
#include <vector>

#include "sampling/sample_plan.h"
#include "store/store.h"
#include "sweep/work.h"

namespace unroll::sweep {

/// Samples to be made with the weights of one checkpoint.
struct MissingAt {
    training::CheckpointInfo checkpoint;
    std::vector<sampling::PlannedSample> samples;
};

struct Missing {
    std::vector<MissingAt> makeable;  ///< in the order of the steps
    Size lost = 0;                    ///< wanted at steps whose checkpoint is no longer kept
};

/// For a trial that has ended with the newest of `checkpoints`: what its sampling settings want at every step up to
/// there, less what is present. Without a checkpoint, the steps are those of a trial that nothing ended early.
Missing missing_samples(const Work& work, const std::set<sampling::SampleKey>& present,
                        const std::vector<training::CheckpointInfo>& checkpoints);

struct MissingGradients {
    std::vector<training::CheckpointInfo> makeable;  ///< to be measured with, in the order of the steps
    Size lost = 0;                                   ///< wanted at steps whose checkpoint is no longer kept
};

/// The same for gradients: `present` are the steps at which they were measured.
MissingGradients missing_gradients(const Work& work, const std::set<std::uint64_t>& present,
                                   const std::vector<training::CheckpointInfo>& checkpoints);

}  // namespace unroll::sweep
