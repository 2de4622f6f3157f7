// Gradient clipping.
#pragma once

#include "trial/trial.h"
#include "unroll/types.h"

namespace unroll::training {

/// Clips `gradients` (n elements, in place) and returns their global norm, √Σg², as it was before.
/// - norm:    all are scaled by min(1, value / (norm + 1e-6)), as PyTorch's clip_grad_norm_ does
/// - element: each is limited to ±value, as PyTorch's clip_grad_value_ does
/// - none:    they stay as they are
/// A norm that is not finite is returned with the gradients untouched: the trial has diverged. Nothing is allocated.
template <class Real>
double clip(const trial::Clip& settings, Real* gradients, Size n);

}  // namespace unroll::training
