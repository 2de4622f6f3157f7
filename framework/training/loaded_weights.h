// The weights of a checkpoint, ready to predict with.
#pragma once

#include <cstdint>

#include "model/buffer.h"
#include "model/model.h"
#include "training/record.h"

namespace unroll::training {

class LoadedWeights {
public:
    /// Reads and prepares them. Throws as load_weights() (checkpoint.h).
    LoadedWeights(const model::Model<float>& model, const CheckpointInfo& checkpoint);

    model::Weights<float> weights() const { return {values_.data(), prepared_.data()}; }  ///< valid as long as this
    std::uint64_t step() const { return step_; }                                          ///< that they are of

private:
    model::Buffer<float> values_, prepared_;
    std::uint64_t step_;
};

}  // namespace unroll::training
