// How long training steps take here, by taking some.
#pragma once

#include "plugins/catalog.h"
#include "trial/trial.h"
#include "unroll/dataset.h"

namespace unroll::training {

struct StepTime {
    double step = 0;  ///< seconds of one training step
    double evaluation =
        0;  ///< about so many of one evaluation of the validation split: a forward pass is a third of a step
};

/// Takes steps of a trial with fresh weights on its own first batches until `seconds` have passed, two at least unless
/// one takes longer than that. A batch that would take much longer (`most_flops` in a step) is made smaller, and the
/// time scaled. On the thread that calls, with whatever threads help it; nothing is kept or recorded. Throws Error when
/// the training split is too short for a batch.
StepTime measure_step(const trial::Trial& trial, const Dataset& dataset, const plugins::Catalog& catalog,
                      double seconds, double most_flops);

}  // namespace unroll::training
