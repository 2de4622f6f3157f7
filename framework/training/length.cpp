// Counting the batches of an epoch.
#include "training/length.h"

#include <algorithm>

#include "training/batches.h"

namespace unroll::training {

trial::Length length_of(const trial::Trial& trial, const Dataset& dataset) {
    const Batches batches(dataset, Split::train, training_plan(trial));
    trial::Length length;
    length.epoch = std::max<Size>(batches.per_epoch(), 1);
    length.steps = trial.training.steps ? trial.training.steps : trial.training.epochs * length.epoch;
    length.planned = length.steps;
    return length;
}

double flops_per_step(const trial::Trial& trial, const Dataset& dataset, const model::Model<float>& model) {
    const Batches batches(dataset, Split::train, training_plan(trial));
    return model.flops_per_step(batches.sequence_length(), batches.largest_batch(), batches.predictions());
}

}  // namespace unroll::training
