// A loss over a whole split.
#pragma once

#include <atomic>

#include "model/pass.h"
#include "training/batches.h"
#include "training/record.h"

namespace unroll::training {

struct Evaluation {
    model::LossSums sums;
    PositionMeans by_position;
    bool complete = true;  ///< false: `stop` was raised before the end
};

/// Every window or example of the split once, in order, from zero state (streams: carried), without dropout.
Evaluation evaluate(model::Pass<float>& pass, const model::Model<float>& model, model::Weights<float> weights,
                    Batches& batches, const std::atomic<bool>& stop);

}  // namespace unroll::training
