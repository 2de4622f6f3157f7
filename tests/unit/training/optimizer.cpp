// What golden numbers do not say of optimisers: slots, the reach of weight decay, the resumed step, unknown names.
#include "training/optimizer.h"

#include <oneapi/tbb/global_control.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "catch.h"
#include "manifest/schema.h"
#include "unroll/error.h"

using unroll::Size;
using unroll::Weight;
using unroll::training::Optimizer;
using unroll::training::Treatment;
using unroll::training::treatments;
using unroll::trial::OptimizerSettings;
using Role = Weight::Role;

namespace {

OptimizerSettings named(const std::string& name, double momentum = 0) {
    OptimizerSettings settings = unroll::manifest::default_optimizer(name);
    settings.momentum = momentum;
    return settings;
}

}  // namespace

TEST_CASE("an optimiser asks for the slots it uses") {
    CHECK(Optimizer(named("sgd"), 10, {}).state_size() == 0);
    CHECK(Optimizer(named("sgd", 0.9), 10, {}).state_size() == 10);
    CHECK(Optimizer(named("sgd", 0.9), 10, {}).slot_name(0) == "momentum");
    CHECK(Optimizer(named("adagrad"), 10, {}).slots() == 1);
    CHECK(Optimizer(named("rmsprop"), 10, {}).slots() == 1);
    CHECK(Optimizer(named("adam"), 10, {}).state_size() == 20);
    CHECK(Optimizer(named("adamw"), 10, {}).slot_name(1) == "squares");
}

TEST_CASE("an unknown optimiser is refused with the known ones") {
    try {
        Optimizer(named("lion"), 1, {});
        FAIL("accepted");
    } catch (const unroll::Error& error) {
        CHECK(error.problem().where == "training.optimizer.name");
        CHECK(error.problem().found == "\"lion\"");
        CHECK(error.problem().expected == "one of sgd, adagrad, rmsprop, adam, adamw");
    }
}

TEST_CASE("matrices decay, and what its cell excepts does not; equal neighbours are merged") {
    const std::vector<Weight> weights = {
        {.name = "gain", .shape = {3}, .role = Role::gain},
        {.name = "a", .shape = {2, 3}, .role = Role::input},
        {.name = "b", .shape = {4, 1}, .role = Role::recurrent},
        {.name = "A_log", .shape = {2, 1}, .role = Role::input, .decays = false},
        {.name = "bias", .shape = {4}, .role = Role::bias},
        {.name = "dt", .shape = {4}, .role = Role::bias, .decays = false, .learning_rate_factor = 0.5},
        {.name = "table", .shape = {2, 2}, .role = Role::table}};
    CHECK(
        treatments(weights, false) ==
        std::vector<Treatment>{
            {{0, 3}, false, 1}, {{3, 13}, true, 1}, {{13, 19}, false, 1}, {{19, 23}, false, 0.5}, {{23, 27}, true, 1}});
    CHECK(treatments(weights, true) == std::vector<Treatment>{{{0, 13}, true, 1},
                                                              {{13, 15}, false, 1},
                                                              {{15, 19}, true, 1},
                                                              {{19, 23}, false, 0.5},
                                                              {{23, 27}, true, 1}});
    CHECK(treatments({}, true).empty());
}

TEST_CASE("a weight's own factor scales the learning rate, its decay with it") {
    OptimizerSettings settings = named("adamw");
    settings.weight_decay = 0.5;
    const Optimizer optimizer(settings, 3, {{{1, 2}, true, 0.25}, {{2, 3}, false, 1}});
    std::vector<double> weights(3, 1.0), gradients(3, 0.0), state(optimizer.state_size());
    optimizer.step(1, 0.1, weights.data(), gradients.data(), state.data());
    CHECK(weights[1] == 1 - 0.025 * 0.5);
    CHECK(weights[2] == 1);

    std::vector<double> moved(3, 0.0);
    gradients.assign(3, 1.0);
    const Optimizer plain(named("sgd"), 3, {{{1, 2}, true, 0.25}});
    plain.step(1, 0.1, moved.data(), gradients.data(), state.data());
    CHECK(moved == std::vector<double>{-0.1, -0.025, -0.1});
}

TEST_CASE("decay of matrices leaves the others alone") {
    OptimizerSettings settings = named("adamw");
    settings.weight_decay = 0.5;
    settings.decay_all = GENERATE(true, false);
    const Optimizer optimizer(settings, 6, {{{1, 2}}, {{4, 6}}});
    std::vector<double> weights(6, 1.0), gradients(6, 0.0), state(optimizer.state_size());
    optimizer.step(1, 0.1, weights.data(), gradients.data(), state.data());
    const double shrunk = 1 - 0.1 * 0.5, kept = settings.decay_all ? shrunk : 1;
    CHECK(weights == std::vector<double>{kept, shrunk, kept, kept, shrunk, shrunk});
}

TEST_CASE("RMSprop's epsilon stands beside the root or under it") {
    OptimizerSettings settings = named("rmsprop");
    settings.decay = 0.5;
    settings.epsilon = 0.25;
    settings.epsilon_in_root = GENERATE(false, true);
    const Optimizer optimizer(settings, 1, {});
    double weight = 1, gradient = 2, state = 0;
    optimizer.step(1, 0.1, &weight, &gradient, &state);
    CHECK(state == 2);
    CHECK(weight == Catch::Approx(1 - 0.1 * 2 / (settings.epsilon_in_root ? std::sqrt(2.25) : std::sqrt(2.0) + 0.25))
                        .epsilon(1e-14));
}

TEST_CASE("treatments outside the weights or out of order are refused") {
    OptimizerSettings settings = named("sgd");
    settings.weight_decay = 0.5;
    settings.decay_all = false;
    CHECK_THROWS_AS(Optimizer(settings, 4, {{{0, 5}}}), std::invalid_argument);
    CHECK_THROWS_AS(Optimizer(settings, 4, {{{2, 3}}, {{0, 1}}}), std::invalid_argument);
}

TEST_CASE("weights, state and step number are all that resuming needs") {
    for (const std::string& name : unroll::training::optimizers()) {
        INFO(name);
        const Size n = 7;
        std::vector<float> weights(n, 0.5f);
        std::vector<std::vector<float>> gradients(4, std::vector<float>(n));
        for (Size t = 0; t < 4; ++t) {
            for (Size i = 0; i < n; ++i) gradients[t][i] = 0.1f * float(t + 1) - 0.05f * float(i);
        }
        const Optimizer optimizer(named(name, 0.9), n, {});
        std::vector<float> state(optimizer.state_size());
        for (Size t = 0; t < 2; ++t) optimizer.step(t + 1, 0.01, weights.data(), gradients[t].data(), state.data());

        std::vector<float> saved_weights = weights, saved_state = state;
        const Optimizer again(named(name, 0.9), n, {});
        for (Size t = 2; t < 4; ++t) {
            optimizer.step(t + 1, 0.01, weights.data(), gradients[t].data(), state.data());
            again.step(t + 1, 0.01, saved_weights.data(), gradients[t].data(), saved_state.data());
        }
        CHECK(weights == saved_weights);
        CHECK(state == saved_state);
    }
}

TEST_CASE("idle threads help with many weights and change no bit") {
    constexpr Size n = 300'001;
    for (const std::string& name : unroll::training::optimizers()) {
        INFO(name);
        const Optimizer optimizer(named(name, 0.9), n, {});
        std::vector<float> alone;
        for (const std::size_t threads : {1, 8}) {
            const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism, threads);
            std::vector<float> weights(n), gradients(n), state(optimizer.state_size());
            for (Size i = 0; i < n; ++i) weights[i] = float(i % 101) / 64, gradients[i] = float(i % 37) / 32 - 0.5f;
            for (Size t = 0; t < 2; ++t) optimizer.step(t + 1, 0.01, weights.data(), gradients.data(), state.data());
            weights.insert(weights.end(), state.begin(), state.end());
            if (alone.empty()) alone = weights;
            CHECK(weights == alone);
        }
    }
}
