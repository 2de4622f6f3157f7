// Generator and discriminator: each one's gradient against finite differences, in double.
#include "model/adversarial.h"

#include <cmath>

#include "catch.h"
#include "small_plugins.h"

using namespace unroll;

namespace {

constexpr Size pixels = 6, B = 5;

struct Gan {
    plugins::Catalog catalog = small::catalog();
    trial::Trial trial = small::trial(small::gated_cell, 1, B, 4, 2);
    Task task{.kind = Task::Kind::image, .input_reals = pixels, .sequence_length = 1};
    model::Model<double> model;
    model::Buffer<double> weights, prepared, gradient;
    std::vector<double> real;
    model::AdversarialPass<double> pass;
    RandomStream dropout{5, "dropout"};

    Gan()
        : model((prepare_trial(), trial), task, catalog),
          weights(model.parameters().size()),
          prepared(model.prepared_size()),
          gradient(weights.size()),
          pass(model, B, model::Use::training) {
        model.initialize(weights.data());
        RandomStream stream(11, "noise");
        for (double& weight : weights) weight += 0.3 * stream.normal();
        for (Size i = 0; i < B * pixels; ++i) real.push_back(stream.normal());
    }

    void prepare_trial() {
        trial.model.noise = 3;
        trial.cells[0].dropout = 0.2;
        trial.upstream = {{small::choice(small::positions_cell), 5, 1, 0.2, unroll::Initializer::uniform},
                          {small::choice(small::gated_cell), pixels, 1, 0, unroll::Initializer::uniform}};
    }

    model::LossSums discriminator_step() {
        model.prepare(weights.data(), prepared.data());
        return pass.discriminator_step({weights.data(), prepared.data()}, real.data(), {B, {7, "noise"}, &dropout},
                                       gradient.data());
    }
    model::LossSums generator_step() {
        model.prepare(weights.data(), prepared.data());
        return pass.generator_step({weights.data(), prepared.data()}, {B, {8, "noise"}, &dropout}, gradient.data());
    }

    /// The largest relative difference in [first, last).
    template <class Loss>
    double worst(Loss loss, Size first, Size last) {
        gradient.clear();
        loss();
        const std::vector<double> own(gradient.begin(), gradient.end());
        double most = 0, largest = 0;
        for (Size i = first; i < last; ++i) largest = std::max(largest, std::abs(own[i]));
        CHECK(largest > 1e-3);
        for (Size i = first; i < last; ++i) {
            const double h = 1e-5, kept = weights[i];
            weights[i] = kept + h;
            const double above = loss().mean();
            weights[i] = kept - h;
            const double below = loss().mean();
            weights[i] = kept;
            const double difference = (above - below) / (2 * h);
            most = std::max(most, std::abs(own[i] - difference) / std::max(std::abs(difference), 1e-3 * largest));
        }
        return most;
    }
};

}  // namespace

TEST_CASE("the gradients of generator and discriminator equal finite differences, each in its own share") {
    Gan gan;
    const Size generator = gan.model.upstream_size(), all = gan.weights.size();
    CHECK(gan.worst([&] { return gan.discriminator_step(); }, generator, all) < 1e-6);
    CHECK(gan.worst([&] { return gan.generator_step(); }, 0, generator) < 1e-6);

    gan.gradient.clear();
    gan.discriminator_step();
    for (Size i = 0; i < generator; ++i) REQUIRE(gan.gradient[i] == 0);
    gan.gradient.clear();
    gan.generator_step();
    for (Size i = generator; i < all; ++i) REQUIRE(gan.gradient[i] == 0);
}

TEST_CASE("yes and no have the losses of a logit's two answers") {
    for (const double logit : {-40.0, -1.5, 0.0, 0.3, 900.0}) {
        double yes = logit, no = logit;
        const auto as_yes = model::binary_cross_entropy(&yes, true, 1, 1),
                   as_no = model::binary_cross_entropy(&no, false, 1, 1);
        const double d = 1 / (1 + std::exp(-logit));
        CHECK(as_yes.loss - as_no.loss == Catch::Approx(-logit).margin(1e-12));
        CHECK(std::isfinite(as_yes.loss));
        CHECK(yes == Catch::Approx(d - 1).margin(1e-15));
        CHECK(no == Catch::Approx(d).margin(1e-15));
        CHECK(as_yes.correct == (logit > 0));
        CHECK(as_no.correct == (logit < 0));
    }
}

TEST_CASE("generated images depend on weights and noise alone") {
    Gan gan;
    gan.model.prepare(gan.weights.data(), gan.prepared.data());
    const auto images = [&](Size count, std::uint64_t seed) {
        const double* made = gan.pass.generate({gan.weights.data(), gan.prepared.data()}, {count, {seed, "noise"}});
        return std::vector<double>(made, made + count * pixels);
    };
    const auto many = images(B, 3), few = images(2, 3);
    CHECK(std::equal(few.begin(), few.end(), many.begin()));
    CHECK(images(2, 4) != few);
}
