// How long a trial is, and how much work.
#pragma once

#include "model/model.h"
#include "trial/due.h"
#include "trial/trial.h"
#include "unroll/dataset.h"

namespace unroll::training {

/// Steps in an epoch, and in the whole trial when nothing ends it early.
trial::Length length_of(const trial::Trial& trial, const Dataset& dataset);

/// Useful floating-point operations of a full training step.
double flops_per_step(const trial::Trial& trial, const Dataset& dataset, const model::Model<float>& model);

}  // namespace unroll::training
