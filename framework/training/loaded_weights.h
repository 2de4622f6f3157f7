// The weights of a checkpoint, ready to predict with.
#pragma once

#include <cstdint>
#include <filesystem>

#include "model/buffer.h"
#include "model/model.h"

namespace unroll::training {

class LoadedWeights {
public:
    /// Reads and prepares them. Throws as load_weights() (checkpoint.h).
    LoadedWeights(const model::Model<float>& model, const std::filesystem::path& checkpoint);

    model::Weights<float> weights() const { return {values_.data(), prepared_.data()}; }  ///< valid as long as this
    std::uint64_t step() const { return step_; }                                          ///< that they are of

private:
    model::Buffer<float> values_, prepared_;
    std::uint64_t step_;
};

}  // namespace unroll::training
