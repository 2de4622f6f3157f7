// Supervised learning: down the gradient of the mean loss of what is predicted.
#include <cmath>
#include <utility>

#include "model/pass.h"
#include "training/learner.h"

namespace unroll::training {

namespace {

std::vector<model::Extent> extents(const LearnerContext& context) {
    std::vector<model::Extent> list{context.batches.extent()};
    for (const Batches* batches : context.evaluated)
        if (batches->per_epoch()) list.push_back(batches->extent());
    return list;
}

class Supervised final : public Learner {
public:
    explicit Supervised(const LearnerContext& context)
        : Learner(context),
          batches_(context.batches),
          pass_(context.model, extents(context), model::Use::training),
          next_state_(carried_size()) {}

    /// The state of recurrent cells, when windows continue one another.
    Size carried_size() const override {
        return batches_.continues(1) ? model_.predictor().state_size(trial_.training.batch) : 0;
    }

    std::optional<model::LossSums> step(TrainingState& state, const model::Batch<float>& batch, Size index) override {
        const RandomStream dropout = stream("dropout", state);
        const bool carries = state.carried.size() != 0;
        const bool continues = carries && batches_.continues(index);
        const model::LossSums sums = pass_.forward(weights(state), batch,
                                                   {.state = continues ? state.carried.data() : nullptr,
                                                    .next_state = carries ? next_state_.data() : nullptr,
                                                    .dropout = &dropout});
        if (!std::isfinite(sums.loss)) return std::nullopt;
        gradients_.clear();
        pass_.backward(gradients_.data());
        if (!clip(state, {0, gradients_.size()})) return std::nullopt;
        for (const PartOptimizer& part : optimizers_.all()) update(state, part);
        prepare(state);
        if (carries) std::swap(state.carried, next_state_);
        return sums;
    }

    std::optional<Evaluation> evaluate(const TrainingState& state, Batches& batches,
                                       const std::atomic<bool>& stop) override {
        return training::evaluate(pass_, model_, weights(state), batches, stop);
    }

    std::vector<Metric> step_metrics(const model::LossSums& sums) const override {
        std::vector<Metric> list{{"loss", sums.mean()}};
        if (model_.task().target_tokens) list.push_back({"accuracy", sums.accuracy()});
        return list;
    }

    std::vector<Metric> split_metrics(const model::LossSums& sums) const override {
        std::vector<Metric> list = step_metrics(sums);
        if (model_.topology().exact_match) list.push_back({"exact", sums.exactness()});
        return list;
    }

private:
    const Batches& batches_;
    model::Pass<float> pass_;
    model::Buffer<float> next_state_;
};

}  // namespace

std::unique_ptr<Learner> make_supervised(const LearnerContext& context) {
    return std::make_unique<Supervised>(context);
}

}  // namespace unroll::training
