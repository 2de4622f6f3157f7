// A loss over a whole split, by non-overlapping windows.
#include "training/evaluate.h"

#include <cmath>
#include <limits>

namespace unroll::training {

Evaluation evaluate(model::Pass<float>& pass, const model::Model<float>& model, const float* weights,
                    const float* prepared, Batches& batches, const std::atomic<bool>& stop) {
    const Size T = batches.positions();
    Evaluation evaluation;
    evaluation.by_position.assign(T, 0);
    std::vector<Size> counts(T, 0);
    model::Batch<float> batch;
    model::Buffer<float> state;
    for (Size index = 0; index < batches.per_epoch(); ++index) {
        if (stop.load(std::memory_order_relaxed)) {
            evaluation.complete = false;
            break;
        }
        batches.fill(0, index, batch);
        const bool carries = batches.continues(1);
        if (carries && state.size() == 0) state = model::Buffer<float>(model.stack().state_size(batch.B));
        const model::LossSums sums =
            pass.forward(weights, prepared, batch, batches.continues(index) ? state.data() : nullptr,
                         carries ? state.data() : nullptr, nullptr, evaluation.by_position.data());
        evaluation.sums += sums;
        for (Size row = 0; row < batch.T * batch.B; ++row)
            if (batch.weights[row] != 0) ++counts[row / batch.B];
    }
    for (Size t = 0; t < T; ++t)
        evaluation.by_position[t] =
            counts[t] ? evaluation.by_position[t] / double(counts[t]) : std::numeric_limits<double>::quiet_NaN();
    return evaluation;
}

}  // namespace unroll::training
