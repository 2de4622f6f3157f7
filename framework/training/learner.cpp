// What all learners share, and which one a topology has.
#include "training/learner.h"

#include <cmath>
#include <stdexcept>

#include "training/clip.h"
#include "training/schedule.h"
#include "trial/topology.h"

namespace unroll::training {

Learner::Learner(const LearnerContext& context)
    : trial_(context.trial),
      model_(context.model),
      optimizers_(context.optimizers),
      length_(context.length),
      gradients_(context.model.parameters().size()),
      prepared_(context.model.prepared_size()) {}

RandomStream Learner::stream(std::string_view name, const TrainingState& state) const {
    return RandomStream(trial_.seed, name, {state.step});
}

bool Learner::clip(TrainingState& state, Range range) {
    state.gradient_norm =
        training::clip(trial_.training.clip, gradients_.data() + range.first, range.last - range.first);
    return std::isfinite(state.gradient_norm);
}

void Learner::update(TrainingState& state, const PartOptimizer& part) {
    const double rate =
        learning_rate(part.settings, trial_.training.schedule, {state.step, length_.steps, length_.epoch});
    optimizers_.step(part, state.step + 1, rate, state.weights.data(), gradients_.data(), state.slots.data());
    if (&part == &optimizers_.predictor()) state.learning_rate = rate;
}

std::unique_ptr<Learner> make_learner(const LearnerContext& context) {
    switch (context.model.topology().learning) {
        case trial::Learning::supervised:
            return make_supervised(context);
        case trial::Learning::adversarial:
            return make_adversarial(context);
    }
    throw std::logic_error("a topology without a learner");
}

}  // namespace unroll::training
