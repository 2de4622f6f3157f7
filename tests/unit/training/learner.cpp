// Learners: what each measures, keeps and refuses, whatever the trainer does around it.
#include "training/learner.h"

#include <limits>

#include "training/length.h"
#include "trials.h"

using namespace unroll;
using namespace unroll::training::test;
using training::Metric;

namespace {

/// A run's learner before its first step.
struct Started {
    explicit Started(const Run& run)
        : batches(run.dataset, Split::train, training::training_plan(run.trial)),
          length(training::length_of(run.trial, run.dataset)),
          optimizers(run.trial, run.model),
          learner(training::make_learner({run.trial, run.model, optimizers, length, batches, {}})),
          state{.stopping = {training::Stopping(run.trial.training.stop)}} {
        state.weights = model::Buffer<float>(run.model.parameters().size());
        state.slots = model::Buffer<float>(optimizers.state_size());
        if (learner->carried_size()) state.carried = model::Buffer<float>(learner->carried_size());
        run.model.initialize(state.weights.data());
        learner->prepare(state);
    }

    std::optional<model::LossSums> step() {
        model::Batch<float> batch;
        batches.fill(0, 0, batch);
        return learner->step(state, batch, 0);
    }

    training::Batches batches;
    trial::Length length;
    training::PartOptimizers optimizers;
    std::unique_ptr<training::Learner> learner;
    training::TrainingState state;
};

std::string names(const std::vector<Metric>& metrics) {
    std::string all;
    for (const Metric& metric : metrics) all += (all.empty() ? "" : " ") + std::string(metric.name);
    return all;
}

}  // namespace

TEST_CASE("each learner says what it measures") {
    const auto measured = [](const std::unique_ptr<Run>& run) {
        const Started started(*run);
        return names(started.learner->step_metrics({})) + " | " + names(started.learner->split_metrics({})) + " | " +
               names(started.learner->auxiliary_metrics({}));
    };
    CHECK(measured(streams()) == "loss accuracy | loss accuracy | ");
    CHECK(measured(answers()) == "loss accuracy | loss accuracy exact | ");
    CHECK(measured(examples(Task::Kind::reals, "sgd")) == "loss | loss | ");
    CHECK(measured(images()) == "loss accuracy |  | generator_loss deceived");
}

TEST_CASE("a supervised learner carries a state only where windows continue one another") {
    const auto run = streams();
    Started started(*run);
    CHECK(started.learner->carried_size() == run->model.predictor().state_size(run->trial.training.batch));
    REQUIRE(started.step());
    CHECK(std::any_of(started.state.carried.begin(), started.state.carried.end(), [](float x) { return x != 0; }));
    CHECK(Started(*epochs()).learner->carried_size() == 0);
    CHECK(Started(*images()).learner->carried_size() == 0);
}

TEST_CASE("an adversarial learner moves both networks and evaluates nothing") {
    const auto run = images();
    Started started(*run);
    const std::vector<float> before(started.state.weights.begin(), started.state.weights.end());
    const auto sums = started.step();
    REQUIRE(sums);
    CHECK(sums->predictions == 2 * run->trial.training.batch);
    CHECK(started.state.auxiliary.predictions == run->trial.training.batch);
    CHECK(started.state.learning_rate == run->trial.training.optimizer.learning_rate);
    const auto moved = [&](Size first, Size last) {
        return !std::equal(before.begin() + std::ptrdiff_t(first), before.begin() + std::ptrdiff_t(last),
                           started.state.weights.data() + first);
    };
    CHECK(moved(0, run->model.upstream_size()));
    CHECK(moved(run->model.upstream_size(), before.size()));
    training::Batches validation(run->dataset, Split::validation, training::evaluation_plan(run->trial));
    CHECK_FALSE(started.learner->evaluate(started.state, validation, false));
}

TEST_CASE("a step whose loss is not finite moves nothing") {
    for (const auto make : {streams, images}) {
        const auto run = make();
        Started started(*run);
        started.state.weights[started.state.weights.size() - 1] = std::numeric_limits<float>::quiet_NaN();  // the bias
        started.learner->prepare(started.state);
        const std::vector<float> before(started.state.weights.begin(), started.state.weights.end() - 1);
        CHECK_FALSE(started.step());
        CHECK(std::equal(before.begin(), before.end(), started.state.weights.begin()));
    }
}
