// What a model has to beat: the loss of guessing.
#pragma once

#include <optional>

#include "unroll/dataset.h"

namespace unroll::training {

/// The loss of one that knows nothing: ln V for a choice of V; where targets are reals the mean of their squares, added
/// up over the numbers of a position, which is what saying 0 costs (of the first 1,000 training examples). None where
/// there is no target, or nothing to guess.
std::optional<double> loss_of_guessing(const Dataset& dataset);

/// Whether a trial that ends with this loss has exploded: it is more than ten times that of guessing. No model that
/// learns gets there, not one that overfits either; losses of millions, which are finite, do.
bool has_exploded(double loss, const std::optional<double>& guessing);

}  // namespace unroll::training
