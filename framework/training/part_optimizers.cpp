// An optimiser for each part.
#include "training/part_optimizers.h"

#include <fmt/core.h>

namespace unroll::training {

namespace {

/// How the parameters of a share are treated, from its beginning.
std::vector<Treatment> treatments_of(const model::Parameters& parameters, Range share, bool decay_all) {
    std::vector<Weight> weights;
    for (const model::Parameter& parameter : parameters.list())
        if (parameter.offset >= share.first && parameter.offset < share.last) weights.push_back(parameter.weight);
    return treatments(weights, decay_all);
}

}  // namespace

PartOptimizers::PartOptimizers(const trial::Trial& trial, const model::Model<float>& model) {
    const auto add = [&](const trial::OptimizerSettings& settings, Range share) {
        Optimizer optimizer(settings, share.last - share.first,
                            treatments_of(model.parameters(), share, settings.decay_all));
        const Size size = optimizer.state_size();
        parts_.push_back({settings, std::move(optimizer), share, state_size_});
        state_size_ += size;
    };
    if (model.upstream()) add(trial.upstream_optimizer.value_or(trial.training.optimizer), {0, model.upstream_size()});
    add(trial.training.optimizer, {model.upstream_size(), model.parameters().size()});
}

void PartOptimizers::step(const PartOptimizer& part, std::uint64_t step, double learning_rate, float* weights,
                          const float* gradients, float* state) const {
    part.optimizer.step(step, learning_rate, weights + part.weights.first, gradients + part.weights.first,
                        state + part.state);
}

std::string PartOptimizers::name_of(const PartOptimizer& part, Size slot, const std::string& parameter) {
    return fmt::format("optimizer.{}.{}", part.optimizer.slot_name(slot), parameter);
}

}  // namespace unroll::training
