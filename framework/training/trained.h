// The weights of a kept checkpoint, ready to predict with.
#pragma once

#include <cstdint>
#include <filesystem>

#include "model/buffer.h"
#include "model/model.h"
#include "sampling/generate.h"
#include "training/snapshot.h"

namespace unroll::training {

class Trained {
public:
    /// Reads and prepares them. Throws as load_weights().
    Trained(const model::Model<float>& model, const std::filesystem::path& checkpoint)
        : values_(model.parameters().size()),
          prepared_(model.prepared_size()),
          step_(load_weights(checkpoint, model, values_.data())) {
        model.prepare(values_.data(), prepared_.data());
    }

    model::Weights<float> weights() const { return {values_.data(), prepared_.data()}; }  ///< valid as long as this
    std::uint64_t step() const { return step_; }

private:
    model::Buffer<float> values_, prepared_;
    std::uint64_t step_;
};

}  // namespace unroll::training
