// How much memory a trial takes, before it takes it.
#pragma once

#include <vector>

#include "model/model.h"
#include "trial/trial.h"
#include "unroll/dataset.h"

namespace unroll::training {

/// Bytes, of what grows with the model, the batch and the texts; not the dataset, which trials share, and not what a
/// plugin allocates behind the back of its cell's declared sizes.
struct Memory {
    double weights = 0;      ///< with their gradient and what is prepared of them
    double optimizer = 0;    ///< its slots
    double activations = 0;  ///< of the largest batch, with what backward works in
    double samples = 0;      ///< tokens of texts that are made at once

    double total() const { return weights + optimizer + activations + samples; }
};

/// By the sizes that training and sampling allocate; nothing is allocated for it.
Memory memory_of(const trial::Trial& trial, const std::vector<trial::SamplingSettings>& sampling,
                 const Dataset& dataset, const model::Model<float>& model);

}  // namespace unroll::training
