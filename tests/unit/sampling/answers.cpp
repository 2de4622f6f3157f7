// Answers: an example is asked, and what is answered depends on nothing else that is asked with it.
#include "sampling/answers.h"

#include <cmath>

#include "catch.h"
#include "model/pass.h"
#include "sampling/sample_plan.h"
#include "small_plugins.h"
#include "training/batches.h"
#include "training/optimizer.h"

using namespace unroll;
using trial::Bridge;

namespace {

const std::atomic<bool> go_on{false};

/// A model that has learned to say three letters backwards, each twice.
struct Backwards {
    trial::Trial trial;
    small::Backwards dataset{3, 3, 200};
    plugins::Catalog catalog = small::catalog();
    model::Model<float> model;
    model::Buffer<float> weights, prepared;

    explicit Backwards(Bridge bridge, int steps)
        : trial(trial_of(bridge)),
          model(trial, dataset.task(), catalog),
          weights(model.parameters().size()),
          prepared(model.prepared_size()) {
        model.initialize(weights.data());
        model.prepare(weights.data(), prepared.data());
        training::Batches batches(dataset, Split::train, training::training_plan(trial));
        model::Pass<float> pass(model, {batches.extent()}, model::Use::training);
        model::Buffer<float> gradient(weights.size());
        const training::Optimizer optimizer(trial.training.optimizer, weights.size(), {});
        model::Buffer<float> state(optimizer.state_size());
        model::Batch<float> batch;
        for (int step = 0; step < steps; ++step) {
            batches.fill(Size(step) / batches.per_epoch(), Size(step) % batches.per_epoch(), batch);
            pass.forward({weights.data(), prepared.data()}, batch);
            gradient.clear();
            pass.backward(gradient.data());
            optimizer.step(std::uint64_t(step) + 1, 0.02, weights.data(), gradient.data(), state.data());
            model.prepare(weights.data(), prepared.data());
        }
    }

    static trial::Trial trial_of(Bridge bridge) {
        trial::Trial all = small::trial(small::gated_cell, 3, 20, 24);
        all.upstream = all.cells;
        all.model.bridge = bridge;
        return all;
    }

    model::Weights<float> both() const { return {weights.data(), prepared.data()}; }

    std::vector<sampling::Sample> ask(const trial::SamplingSettings& settings) const {
        return sampling::make_samples(model, both(), dataset, catalog, 3,
                                      sampling::plan_samples(trial, {settings}, dataset, 40, 2.5), go_on);
    }
};

trial::SamplingSettings greedily(trial::Prompt prompt, Size count = 1) {
    trial::SamplingSettings settings;
    settings.sampler = small::choice(small::first_sampler);
    settings.prompt = std::move(prompt);
    settings.count = count;
    settings.length = 7;
    return settings;
}

}  // namespace

TEST_CASE("what was learned is answered, and known to be right") {
    for (const Bridge bridge : {Bridge::state, Bridge::repeat}) {
        const Backwards learned(bridge, 400);
        const auto samples = learned.ask(greedily({"", Split::train, 0}, 30));
        REQUIRE(samples.size() == 30);
        Size correct = 0;
        for (const sampling::Sample& sample : samples) {
            std::string expected;
            for (auto letter = sample.prompt.rbegin(); letter != sample.prompt.rend(); ++letter)
                expected += std::string(2, *letter);
            CHECK(sample.kind == "answer");
            CHECK(sample.target == expected);
            CHECK(sample.key.prompt_key == R"({"from":"train"})");
            CHECK(*sample.correct == (sample.text == expected));
            correct += *sample.correct;
        }
        CHECK(correct == 30);
        const auto own = learned.ask(greedily({"ab", {}, 0}));
        CHECK(own[0].text == "bbaa");
        CHECK_FALSE(own[0].target);
        CHECK_FALSE(own[0].correct);
    }
}

TEST_CASE("an answer depends on nothing that is asked with it") {
    const Backwards vague(Bridge::state, 20);
    trial::SamplingSettings settings = greedily({"", Split::validation, 0}, 12);
    settings.sampler = small::choice(small::draw_sampler);
    settings.temperature = 1.0;
    const auto many = vague.ask(settings);
    settings.count = 3;
    const auto few = vague.ask(settings);
    for (Size i = 0; i < few.size(); ++i) {
        CHECK(few[i].prompt == many[i].prompt);
        CHECK(few[i].text == many[i].text);
        CHECK(few[i].text.size() <= 7);
    }
}

TEST_CASE("a whole target is right exactly when the answer is") {
    const Backwards some(Bridge::state, 60);
    training::Batches batches(some.dataset, Split::validation, training::evaluation_plan(some.trial));
    model::Pass<float> pass(some.model, {batches.extent()}, model::Use::inference);
    model::Batch<float> batch;
    double exact = 0, sequences = 0, answered = 0;
    for (Size index = 0; index < batches.per_epoch(); ++index) {
        batches.fill(0, index, batch);
        const auto sums = pass.forward({some.weights.data(), some.prepared.data()}, batch);
        exact += sums.exact;
        sequences += double(sums.sequences);
    }
    const auto sampler = small::first_sampler.make_sampler({});
    std::vector<sampling::AnswerRequest> requests;
    for (Size i = 0; i < some.dataset.examples(Split::validation); ++i)
        requests.push_back({sampling::question(some.dataset, Split::validation, i), sampler.get(), 1, {1, "test"}});
    const auto answers = sampling::answer(some.model, some.both(), requests, go_on);
    for (Size i = 0; i < answers.size(); ++i) answered += answers[i] == requests[i].question.target;
    CHECK(sequences == 200);
    CHECK(exact == answered);
    CHECK(exact > 0);
    CHECK(exact < 200);
}

TEST_CASE("a question that cannot be asked is refused") {
    const Backwards any(Bridge::repeat, 0);
    CHECK_THROWS_WITH(any.ask(greedily({"abx", {}, 0})), Catch::Contains("'x' in the prompt 'abx'"));
    CHECK_THROWS_WITH(any.ask(greedily({"abcab", {}, 0})), Catch::Contains("a prompt of 5 symbols"));
    CHECK_THROWS_WITH(any.ask(greedily({"", Split::test, 0})), Catch::Contains("the test split, which is empty"));
}
