// A loss over a whole split, by non-overlapping windows.
#include "training/evaluate.h"

#include <limits>

namespace unroll::training {

Evaluation evaluate(model::Pass<float>& pass, const model::Model<float>& model, model::Weights<float> weights,
                    Batches& batches, const std::atomic<bool>& stop) {
    const Size T = batches.positions();
    Evaluation evaluation;
    std::vector<model::LossSums> positions(T);
    model::Batch<float> batch;
    model::Buffer<float> state;
    for (Size index = 0; index < batches.per_epoch(); ++index) {
        if (stop.load(std::memory_order_relaxed)) {
            evaluation.complete = false;
            break;
        }
        batches.fill(0, index, batch);
        const bool carries = batches.continues(1);
        if (carries && state.size() == 0) state = model::Buffer<float>(model.predictor().state_size(batch.B));
        const model::LossSums sums = pass.forward(weights, batch,
                                                  {.state = batches.continues(index) ? state.data() : nullptr,
                                                   .next_state = carries ? state.data() : nullptr,
                                                   .by_position = positions.data()});
        evaluation.sums += sums;
    }
    // A position's losses are added one sequence after the other, whatever batches those came in; sums of batches are
    // not.
    evaluation.sums.loss = 0;
    for (const model::LossSums& position : positions) evaluation.sums.loss += position.loss;
    const double nothing = std::numeric_limits<double>::quiet_NaN();
    for (const model::LossSums& position : positions) {
        evaluation.by_position.loss.push_back(position.predictions ? position.mean() : nothing);
        if (model.task().target_tokens)
            evaluation.by_position.accuracy.push_back(position.predictions ? position.accuracy() : nothing);
    }
    return evaluation;
}

}  // namespace unroll::training
