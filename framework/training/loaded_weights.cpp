// Weights from a checkpoint.
#include "training/loaded_weights.h"

#include "training/checkpoint.h"

namespace unroll::training {

LoadedWeights::LoadedWeights(const model::Model<float>& model, const CheckpointInfo& checkpoint)
    : values_(model.parameters().size()),
      prepared_(model.prepared_size()),
      step_(load_weights(checkpoint, model, values_.data())) {
    model.prepare(values_.data(), prepared_.data());
}

}  // namespace unroll::training
