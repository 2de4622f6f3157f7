// The gradient by lag against finite differences in double: of a model that is fed real numbers, the same rows.
#include "training/gradient.h"

#include <cmath>

#include "catch.h"
#include "model/pass.h"
#include "small_plugins.h"
#include "training/batches.h"

using namespace unroll;
using trial::Trial;

namespace {

constexpr Size counted = 64;  // sequences

struct Case {
    std::string name;
    Trial trial;
    std::shared_ptr<const Dataset> dataset;
    Split split = Split::validation;
};

std::shared_ptr<const Dataset> corpus(Size validation = 500) {
    return std::make_shared<small::Corpus>(5, 120, validation, 0);
}

std::shared_ptr<const Dataset> examples(Task::Kind kind) {
    return std::make_shared<small::Examples>(kind, 5, 20);
}

Trial with(Trial trial, Size embedding, trial::Windows windows = trial::Windows::random) {
    trial.model.embedding = embedding;
    trial.cells[0].dropout = 0.5;  // never in a gradient by lag
    trial.training.windows = windows;
    return trial;
}

std::vector<Case> cases() {
    const Trial gated = small::trial(small::gated_cell, 5, 3, 4, 2);
    const Trial positions = small::trial(small::positions_cell, 5, 3, 4);
    const Trial tokens = small::trial(small::token_positions_cell, 5, 3, 4, 2);
    Trial tied = with(gated, 4);
    tied.model.tied = true;
    return {
        {"one-hot", with(gated, 0), corpus()},
        {"tokens", with(tokens, 0), corpus()},
        {"streams", with(gated, 0, trial::Windows::streams), corpus()},
        {"few windows, embedding", with(positions, 3), corpus(30)},
        {"tied", tied, corpus(30)},
        {"no validation", with(tokens, 0), corpus(0), Split::train},
        {"labels", with(gated, 3), examples(Task::Kind::label)},
        {"sequences", with(tokens, 0), examples(Task::Kind::sequence)},
        {"reals", with(positions, 0), examples(Task::Kind::reals)},
    };
}

/// The last position of sequence b that predicts something.
Size last_of(const model::Batch<double>& batch, Size b) {
    Size t = batch.T - 1;
    while (batch.weights[t * batch.B + b] == 0) --t;
    return t;
}

}  // namespace

TEST_CASE("the gradient by lag equals finite differences") {
    const plugins::Catalog catalog = small::catalog();
    for (const Case& one : cases()) {
        INFO(one.name);
        const Task task = one.dataset->task();
        const model::Model<double> model(one.trial, task, catalog);
        model::Buffer<double> weights(model.parameters().size());
        model.initialize(weights.data());
        RandomStream noise(11, "noise");
        for (double& weight : weights) weight += 0.3 * noise.normal();
        const auto norms = training::gradient_by_lag(one.trial, *one.dataset, catalog, weights.data());

        // The same model above its embedding, fed real numbers. A tied head becomes one of its own.
        const Size V = task.input_tokens, E = one.trial.model.embedding, D = E ? E : V ? V : task.input_reals;
        Trial trial = one.trial;
        trial.model = {};
        Task reals = task;
        reals.input_tokens = 0;
        reals.input_reals = D;
        const model::Model<double> fed(trial, reals, catalog);
        model::Buffer<double> own(fed.parameters().size()), prepared(fed.prepared_size());
        own.clear();
        std::copy(weights.begin() + std::ptrdiff_t(V * E), weights.end(), own.begin());
        if (one.trial.model.tied) std::copy_n(weights.begin(), V * E, own.begin() + std::ptrdiff_t(fed.head().weight));
        fed.prepare(own.data(), prepared.data());

        training::BatchPlan plan = training::training_plan(one.trial);
        plan.windows = trial::Windows::strided;
        plan.stride = plan.sequence_length;
        plan.shuffled = false;
        plan.batch = 1;
        training::Batches batches(*one.dataset, one.split, plan);
        std::vector<double> sums(norms.size(), 0), counts(norms.size(), 0);
        model::Batch<double> batch;
        for (Size index = 0; index < std::min(counted, batches.per_epoch()); ++index) {
            batches.fill(0, index, batch);
            if (V) {
                batch.reals.assign(batch.T * D, 0);
                for (Size t = 0; t < batch.T; ++t)
                    for (Size d = 0; d < D; ++d)
                        batch.reals[t * D + d] =
                            E ? weights[Size(batch.tokens[t]) * D + d] : double(Size(batch.tokens[t]) == d);
                batch.tokens.clear();
            }
            const Size last = last_of(batch, 0);
            std::fill_n(batch.weights.begin(), last, 0.0f);
            model::Pass<double> pass(fed, {{batch.T, 1}}, model::Use::inference);
            const auto loss = [&] { return pass.forward({own.data(), prepared.data()}, batch).mean(); };
            REQUIRE(last < norms.size());
            for (Size t = 0; t <= last; ++t) {
                double squares = 0;
                for (Size d = 0; d < D; ++d) {
                    const double h = 1e-5, kept = batch.reals[t * D + d];
                    batch.reals[t * D + d] = kept + h;
                    const double above = loss();
                    batch.reals[t * D + d] = kept - h;
                    squares += std::pow((above - loss()) / (2 * h), 2);
                    batch.reals[t * D + d] = kept;
                }
                sums[last - t] += std::sqrt(squares);
                ++counts[last - t];
            }
        }
        // Examples of these kinds never predict at their fifth position.
        CHECK(norms.size() == (task.kind == Task::Kind::sequence || task.kind == Task::Kind::reals ? 4 : 5));
        for (Size lag = 0; lag < norms.size(); ++lag) {
            INFO(lag);
            REQUIRE(counts[lag] > 0);
            CHECK(norms[lag] > 1e-6);
            CHECK(norms[lag] == Catch::Approx(sums[lag] / counts[lag]).epsilon(1e-6));
        }
    }
}

TEST_CASE("a gradient by lag in single precision is near that in double") {
    const plugins::Catalog catalog = small::catalog();
    const Trial trial = small::trial(small::gated_cell, 6, 4, 5, 2);
    const auto dataset = corpus();
    const model::Model<float> model(trial, dataset->task(), catalog);
    model::Buffer<float> weights(model.parameters().size());
    model::Buffer<double> exact(weights.size());
    model.initialize(weights.data());
    std::copy(weights.begin(), weights.end(), exact.begin());
    const auto norms = training::gradient_by_lag(trial, *dataset, catalog, weights.data());
    const auto expected = training::gradient_by_lag(trial, *dataset, catalog, exact.data());
    REQUIRE(norms.size() == 6);
    REQUIRE(expected.size() == 6);
    for (Size lag = 0; lag < 6; ++lag) CHECK(norms[lag] == Catch::Approx(expected[lag]).epsilon(1e-4));
}
