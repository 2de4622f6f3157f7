// How long training steps take here, by taking some.
#include "training/step_time.h"

#include <algorithm>
#include <chrono>

#include "model/model.h"
#include "training/batches.h"
#include "training/learner.h"
#include "training/length.h"
#include "training/part_optimizers.h"
#include "unroll/error.h"
#include "unroll/kernels.h"

namespace unroll::training {

namespace {

using Clock = std::chrono::steady_clock;

/// The median of the steps' times but for the first, which allocates and meets cold caches; of the first when there is
/// no other.
double typical(std::vector<double>& times) {
    if (times.size() > 1) times.erase(times.begin());
    const auto middle = times.begin() + std::ptrdiff_t(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

}  // namespace

StepTime measure_step(const trial::Trial& given, const Dataset& dataset, const plugins::Catalog& catalog,
                      double seconds, double most_flops) {
    const FloatingPointMode mode;
    trial::Trial trial = given;
    const model::Model<float> model(trial, dataset.task(), catalog);
    const double flops = flops_per_step(trial, dataset, model);
    if (flops > most_flops)
        trial.training.batch = std::max<Size>(1, Size(double(trial.training.batch) * most_flops / flops));
    const double share = double(trial.training.batch) / double(given.training.batch);

    Batches batches(dataset, Split::train, training_plan(trial));
    if (batches.per_epoch() == 0)
        throw Error({"training.sequence_length", "a training split that is too short for a batch",
                     "a longer training split", "lower training.sequence_length or training.batch"});
    const trial::Length length = length_of(trial, dataset);
    const PartOptimizers optimizers(trial, model);
    const auto learner = make_learner({trial, model, optimizers, length, batches, {}});
    TrainingState state{.stopping = StoppingState{Stopping(trial.training.stop)}};
    state.weights = model::Buffer<float>(model.parameters().size());
    state.slots = model::Buffer<float>(optimizers.state_size());
    if (const Size size = learner->carried_size()) state.carried = model::Buffer<float>(size);
    model.initialize(state.weights.data());
    learner->prepare(state);

    model::Batch<float> batch;
    std::vector<double> times;
    double spent = 0;
    while (times.empty() || (spent < seconds && times.size() < 1000)) {
        const auto begin = Clock::now();
        const Size index = state.step % length.epoch;
        batches.fill(state.step / length.epoch, index, batch);
        const bool is_finite = learner->step(state, batch, index).has_value();
        times.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
        spent += times.back();
        ++state.step;
        if (!is_finite) break;
    }
    StepTime time;
    time.step = typical(times) / share;
    const Batches validation(dataset, Split::validation, evaluation_plan(given));
    const double predictions = double(validation.per_epoch()) * double(validation.predictions());
    time.evaluation = time.step / 3 * predictions / std::max(1.0, double(batches.predictions()) / share);
    return time;
}

}  // namespace unroll::training
