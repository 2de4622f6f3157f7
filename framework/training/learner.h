// A learner: how the weights of a model follow from one batch, and what is measured of it. The trainer's loop
// (trainer.cpp) is the same for all; which learner a task has, its topology says (trial/topology.h).
//
// To add a learner: a class derived from Learner in a file of its own, and its line in make_learner().
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "model/batch.h"
#include "model/loss.h"
#include "model/model.h"
#include "training/batches.h"
#include "training/checkpoint.h"
#include "training/evaluate.h"
#include "training/part_optimizers.h"
#include "trial/due.h"
#include "trial/trial.h"

namespace unroll::training {

/// What a learner is made of. Everything referred to must outlive it.
struct LearnerContext {
    const trial::Trial& trial;
    const model::Model<float>& model;
    const PartOptimizers& optimizers;
    const trial::Length& length;  ///< may become shorter
    const Batches& batches;       ///< that it learns from
    std::vector<const Batches*> evaluated;
};

/// One value of a series of the result store.
struct Metric {
    std::string_view name;  ///< a literal; part of the store: it never changes
    double value;
};

/// Belongs to one trial, used by one thread at a time. Its steps allocate nothing.
class Learner {
public:
    explicit Learner(const LearnerContext& context);
    virtual ~Learner() = default;
    Learner(const Learner&) = delete;
    Learner& operator=(const Learner&) = delete;

    /// Elements of what one batch hands on to the next, which TrainingState keeps; 0: nothing.
    virtual Size carried_size() const { return 0; }

    /// One training step, number state.step + 1, down the gradients of a batch, which is number `index` of its epoch:
    /// updates weights, optimiser slots, the carried state, gradient norm, learning rate and the
    /// auxiliary loss. Returns the sums of the losses; none when a loss or a gradient is no longer finite.
    virtual std::optional<model::LossSums> step(TrainingState& state, const model::Batch<float>& batch, Size index) = 0;

    /// The loss over a split; none when the learner has no loss that is the same whenever it is measured.
    virtual std::optional<Evaluation> evaluate(const TrainingState& state, Batches& batches,
                                               const std::atomic<bool>& stop) = 0;

    /// What is recorded of step()'s sums, of evaluate()'s, and of sums of TrainingState::auxiliary.
    virtual std::vector<Metric> step_metrics(const model::LossSums& sums) const = 0;
    virtual std::vector<Metric> split_metrics(const model::LossSums& sums) const = 0;
    virtual std::vector<Metric> auxiliary_metrics(const model::LossSums&) const { return {}; }

    /// After the weights were set by somebody else.
    void prepare(const TrainingState& state) { model_.prepare(state.weights.data(), prepared_.data()); }

    /// Valid until they change.
    model::Weights<float> weights(const TrainingState& state) const { return {state.weights.data(), prepared_.data()}; }

protected:
    RandomStream stream(std::string_view name, const TrainingState& state) const;

    /// Clips the gradients of a range of weights; false when their norm is not finite.
    bool clip(TrainingState& state, Range range);
    /// One part's optimiser step.
    void update(TrainingState& state, const PartOptimizer& part);

    const trial::Trial& trial_;
    const model::Model<float>& model_;
    const PartOptimizers& optimizers_;
    const trial::Length& length_;
    model::Buffer<float> gradients_, prepared_;
};

std::unique_ptr<Learner> make_learner(const LearnerContext& context);
std::unique_ptr<Learner> make_supervised(const LearnerContext& context);
std::unique_ptr<Learner> make_adversarial(const LearnerContext& context);

}  // namespace unroll::training
