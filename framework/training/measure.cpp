// Losses of a checkpoint's weights.
#include "training/measure.h"

#include <cmath>

#include "training/batches.h"
#include "training/learner.h"
#include "training/length.h"
#include "training/part_optimizers.h"
#include "training/series_log.h"
#include "unroll/kernels.h"

namespace unroll::training {

namespace {

class Evaluator {
public:
    Evaluator(const trial::Trial& trial, const Dataset& dataset, const model::Model<float>& model, Sink& sink)
        : model_(model),
          sink_(sink),
          batches_(dataset, Split::train, training_plan(trial)),
          validation_(dataset, Split::validation, evaluation_plan(trial)),
          test_(dataset, Split::test, evaluation_plan(trial)),
          length_(length_of(trial, dataset)),
          optimizers_(trial, model),
          learner_(make_learner({trial, model, optimizers_, length_, batches_, {&validation_, &test_}})),
          log_(sink, length_),
          state_{.stopping = StoppingState{Stopping(trial.training.stop)}} {
        state_.weights = model::Buffer<float>(model.parameters().size());
        state_.slots = model::Buffer<float>(optimizers_.state_size());
        if (const Size size = learner_->carried_size()) state_.carried = model::Buffer<float>(size);
    }

    bool evaluate(const Unevaluated& wanted, const std::atomic<bool>& stop) {
        state_.load(wanted.checkpoint, model_, optimizers_);
        learner_->prepare(state_);
        for (const Split split : wanted.splits) {
            Batches& batches = split == Split::test ? test_ : validation_;
            if (!batches.per_epoch()) continue;
            const std::optional<Evaluation> evaluation = learner_->evaluate(state_, batches, stop);
            if (!evaluation) continue;
            if (!evaluation->complete) return false;
            if (!std::isfinite(evaluation->sums.loss)) continue;
            for (const Metric& metric : learner_->split_metrics(evaluation->sums)) log_.point(state_, split, metric);
            if (wanted.by_position) sink_.record(LossByPosition{state_.step, split, evaluation->by_position});
        }
        return true;
    }

private:
    const model::Model<float>& model_;
    Sink& sink_;
    Batches batches_, validation_, test_;
    trial::Length length_;
    const PartOptimizers optimizers_;
    const std::unique_ptr<Learner> learner_;
    SeriesLog log_;
    TrainingState state_;
};

}  // namespace

bool evaluate_checkpoints(const trial::Trial& trial, const Dataset& dataset, const model::Model<float>& model,
                          const std::vector<Unevaluated>& list, Sink& sink, const std::atomic<bool>& stop) {
    if (list.empty()) return true;
    const FloatingPointMode mode;
    Evaluator evaluator(trial, dataset, model, sink);
    for (const Unevaluated& wanted : list)
        if (stop.load(std::memory_order_relaxed) || !evaluator.evaluate(wanted, stop)) return false;
    return true;
}

}  // namespace unroll::training
