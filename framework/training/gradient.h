// How far back a model's input still matters: the gradient of a loss with respect to it, by lag.
#pragma once

#include "plugins/catalog.h"
#include "training/record.h"
#include "trial/trial.h"
#include "unroll/dataset.h"

namespace unroll::training {

/// Element `lag`: the mean, over sequences, of the Euclidean norm of dL/dx. L is the loss of the last position at which
/// a sequence predicts, alone, and x what the lowest cell reads `lag` steps before it: the token's one-hot row, its
/// embedding, or the reals. The sequences are the first 64 windows or examples of the validation split, of the training
/// split when there is no other, each from zero state and without dropout; those too short for a lag are not counted
/// there. Only for a model of one part. The same bits for the same weights.
template <class Real>
GradientNorms gradient_by_lag(const trial::Trial& trial, const Dataset& dataset, const plugins::Catalog& catalog,
                              const Real* weights);

}  // namespace unroll::training
