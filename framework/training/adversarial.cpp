// Adversarial learning (Goodfellow et al. 2014): a discriminator step on real and generated images, a generator step.
#include <cmath>

#include "model/adversarial.h"
#include "training/learner.h"

namespace unroll::training {

namespace {

class Adversarial final : public Learner {
public:
    explicit Adversarial(const LearnerContext& context)
        : Learner(context), pass_(context.model, context.batches.largest_batch(), model::Use::training) {}

    /// Returns the discriminator's loss; the generator's is the auxiliary one.
    std::optional<model::LossSums> step(TrainingState& state, const model::Batch<float>& batch, Size) override {
        const RandomStream dropout = stream("dropout", state);
        const RandomStream discriminator_dropout = dropout.split(0), generator_dropout = dropout.split(1);
        const auto noise = [&](std::uint64_t turn) { return RandomStream(trial_.seed, "noise", {state.step, turn}); };
        gradients_.clear();
        const model::LossSums discriminated = pass_.discriminator_step(
            weights(state), batch.reals.data(), {batch.B, noise(0), &discriminator_dropout}, gradients_.data());
        if (!std::isfinite(discriminated.loss) || !clip_and_update(state, optimizers_.predictor())) return std::nullopt;
        model_.prepare_predictor(state.weights.data(), prepared_.data());

        const model::LossSums generated =
            pass_.generator_step(weights(state), {batch.B, noise(1), &generator_dropout}, gradients_.data());
        if (!std::isfinite(generated.loss) || !clip_and_update(state, optimizers_.upstream())) return std::nullopt;
        model_.prepare_upstream(state.weights.data(), prepared_.data());
        state.auxiliary = generated;
        return discriminated;
    }

    /// Each loss is relative to what the other network can do, so it does not tell how good the images are.
    std::optional<Evaluation> evaluate(const TrainingState&, Batches&, const std::atomic<bool>&) override {
        return std::nullopt;
    }

    std::vector<Metric> step_metrics(const model::LossSums& sums) const override {
        return {{"loss", sums.mean()}, {"accuracy", sums.accuracy()}};
    }
    std::vector<Metric> split_metrics(const model::LossSums&) const override { return {}; }
    std::vector<Metric> auxiliary_metrics(const model::LossSums& sums) const override {
        return {{"generator_loss", sums.mean()}, {"deceived", sums.accuracy()}};
    }

private:
    /// Each network's gradient is clipped by itself.
    bool clip_and_update(TrainingState& state, const PartOptimizer& part) {
        if (!clip(state, part.weights)) return false;
        update(state, part);
        return true;
    }

    model::AdversarialPass<float> pass_;
};

}  // namespace

std::unique_ptr<Learner> make_adversarial(const LearnerContext& context) {
    return std::make_unique<Adversarial>(context);
}

}  // namespace unroll::training
