// The whole model's gradient against finite differences, in double.
#include <algorithm>
#include <cmath>

#include "catch.h"
#include "model/pass.h"
#include "small_plugins.h"
#include "training/batches.h"

using namespace unroll;
using trial::Predict;

namespace {

struct Case {
    std::string name;
    trial::Trial trial;
    std::shared_ptr<const Dataset> dataset;
    bool with_state = false;
};

std::shared_ptr<const Dataset> corpus() {
    return std::make_shared<small::Corpus>(5, 100, 0, 0);
}

std::shared_ptr<const Dataset> examples(Task::Kind kind) {
    return std::make_shared<small::Examples>(kind, 5, 20);
}

trial::Trial with(trial::Trial trial, Size embedding, double dropout, Predict predict = Predict::every) {
    trial.model.embedding = embedding;
    trial.cells[0].dropout = dropout;
    trial.training.predict = predict;
    return trial;
}

trial::Trial bridged(trial::Bridge bridge, Size embedding, double dropout) {
    trial::Trial trial = with(small::trial(small::gated_cell, 3, 4, 4, 2), embedding, dropout);
    trial.dataset = small::choice(small::backwards_dataset);
    trial.upstream = trial.cells;
    trial.model.bridge = bridge;
    if (bridge == trial::Bridge::state) return trial;
    trial.upstream.push_back({small::choice(small::positions_cell), 3, 1, dropout, unroll::Initializer::uniform});
    if (bridge == trial::Bridge::attention)
        trial.cells[0] = {small::choice(small::reminded_cell), 5, 2, dropout, unroll::Initializer::uniform};
    return trial;
}

std::shared_ptr<const Dataset> backwards(bool reals = false) {
    return std::make_shared<small::Backwards>(3, 3, 20, reals);
}

std::vector<Case> cases() {
    const auto gated = small::trial(small::gated_cell, 5, 3, 4, 2);
    const auto positions = small::trial(small::positions_cell, 5, 3, 4, 2);
    const auto tokens = small::trial(small::token_positions_cell, 5, 3, 4, 2);
    trial::Trial tied = with(gated, 4, 0.3), stack = with(gated, 0, 0.25);
    tied.model.tied = true;
    stack.cells.push_back({small::choice(small::positions_cell), 3, 1, 0.5, unroll::Initializer::glorot});
    trial::Trial block = with(gated, 0, 0.2), widened = with(gated, 3, 0.2);
    block.cells[0].layers = widened.cells[0].layers = 2;
    block.cells[0].block = {.norm = trial::BlockSettings::Norm::pre, .residual = true, .dropout = 0.2};
    widened.cells[0].block = {.norm = trial::BlockSettings::Norm::post,
                              .norm_kind = trial::BlockSettings::NormKind::rms,
                              .residual = true,
                              .convolution = 2,
                              .expansion = 1.5,
                              .gate = trial::BlockSettings::Gate::silu,
                              .feed_forward = 1,
                              .activation = trial::BlockSettings::Activation::swiglu};
    return {
        {"block from tokens, state", block, corpus(), true},
        {"block with everything, state", widened, corpus(), true},
        {"block, labels with lengths", block, examples(Task::Kind::label)},
        {"block with everything, sequences with lengths", widened, examples(Task::Kind::sequence)},
        {"block, reals with lengths", with(widened, 0, 0.2), examples(Task::Kind::reals)},
        {"one-hot", with(gated, 0, 0), corpus()},
        {"one-hot, state, last", with(gated, 0, 0, Predict::last), corpus(), true},
        {"one-hot, dropout", with(positions, 0, 0.4), corpus()},
        {"embedding, dropout", with(gated, 3, 0.4), corpus()},
        {"embedding, last", with(positions, 3, 0, Predict::last), corpus()},
        {"tokens, dropout, state", with(tokens, 0, 0.3), corpus(), false},
        {"tied, dropout, state", tied, corpus(), true},
        {"two kinds of cells", stack, corpus(), false},
        {"labels with lengths", with(gated, 3, 0.2), examples(Task::Kind::label)},
        {"labels with lengths, one-hot", with(positions, 0, 0), examples(Task::Kind::label)},
        {"sequences with lengths", with(positions, 4, 0.2), examples(Task::Kind::sequence)},
        {"sequences with lengths from tokens", with(tokens, 0, 0.2), examples(Task::Kind::sequence)},
        {"reals with lengths", with(gated, 0, 0.2), examples(Task::Kind::reals)},
        {"reals with lengths by positions", with(positions, 0, 0), examples(Task::Kind::reals)},
        {"encoder's state", bridged(trial::Bridge::state, 0, 0), backwards()},
        {"encoder's state, embedding, dropout", bridged(trial::Bridge::state, 3, 0.2), backwards()},
        {"encoder's output repeated", bridged(trial::Bridge::repeat, 0, 0.2), backwards()},
        {"encoder's outputs attended to", bridged(trial::Bridge::attention, 3, 0.2), backwards()},
        {"from reals, encoder's outputs attended to", bridged(trial::Bridge::attention, 0, 0), backwards(true)},
        {"from reals, encoder's output repeated", bridged(trial::Bridge::repeat, 0, 0), backwards(true)},
    };
}

}  // namespace

TEST_CASE("the whole model's gradient equals finite differences") {
    const plugins::Catalog catalog = small::catalog();
    for (const Case& one : cases()) {
        INFO(one.name);
        const model::Model<double> model(one.trial, one.dataset->task(), catalog);
        const Size P = model.parameters().size();
        model::Buffer<double> weights(P), gradient(P), prepared(model.prepared_size());
        model.initialize(weights.data());
        RandomStream noise(11, "noise");
        for (double& weight : weights) weight += 0.3 * noise.normal();

        training::Batches batches(*one.dataset, Split::train, training::training_plan(one.trial));
        model::Batch<double> batch;
        batches.fill(0, 1, batch);
        model::Buffer<double> state(model.predictor().state_size(batch.B)), next_state(state.size());
        if (one.with_state)
            for (double& value : state) value = 0.5 * noise.normal();
        const RandomStream dropout(5, "dropout", {3});

        model::Pass<double> pass(model, {{batch.T, batch.B, batch.source.T}}, model::Use::training);
        const auto loss = [&] {
            model.prepare(weights.data(), prepared.data());
            return pass
                .forward({weights.data(), prepared.data()}, batch,
                         {.state = one.with_state ? state.data() : nullptr,
                          .next_state = next_state.data(),
                          .dropout = &dropout})
                .mean();
        };
        CHECK(loss() > 0);
        pass.backward(gradient.data());

        double worst = 0, largest = 0;
        for (const double value : gradient) largest = std::max(largest, std::abs(value));
        CHECK(largest > 1e-3);
        for (Size i = 0; i < P; ++i) {
            const double h = 1e-5, kept = weights[i];
            weights[i] = kept + h;
            const double above = loss();
            weights[i] = kept - h;
            const double below = loss();
            weights[i] = kept;
            const double difference = (above - below) / (2 * h);
            worst =
                std::max(worst, std::abs(gradient[i] - difference) / std::max(std::abs(difference), 1e-3 * largest));
        }
        CHECK(worst < 1e-6);
    }
}

TEST_CASE("backward adds to the gradient") {
    const plugins::Catalog catalog = small::catalog();
    const auto trial = small::trial(small::gated_cell);
    const auto dataset = corpus();
    const model::Model<double> model(trial, dataset->task(), catalog);
    const Size P = model.parameters().size();
    model::Buffer<double> weights(P), once(P), twice(P), prepared(model.prepared_size());
    model.initialize(weights.data());
    model.prepare(weights.data(), prepared.data());
    training::Batches batches(*dataset, Split::train, training::training_plan(trial));
    model::Batch<double> batch;
    batches.fill(0, 0, batch);
    model::Pass<double> pass(model, {{batch.T, batch.B, batch.source.T}}, model::Use::training);
    std::fill(once.begin(), once.end(), 7.0);
    for (model::Buffer<double>* gradient : {&once, &twice}) {
        pass.forward({weights.data(), prepared.data()}, batch);
        pass.backward(gradient->data());
    }
    for (Size i = 0; i < P; ++i) CHECK(once[i] - 7 == Catch::Approx(twice[i]).margin(1e-12));
}
