// Judging images: both figures against the losses of one picture at a time, and their ends.
#include "sampling/judgement.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.h"
#include "model/adversarial.h"
#include "model/pass.h"
#include "small_plugins.h"

using namespace unroll;

namespace {

constexpr Size pixels = 6, classes = 4;

struct Trained {
    model::Model<float> model;
    model::Buffer<float> values, prepared;

    Trained(const trial::Trial& trial, const Task& task, const plugins::Catalog& catalog)
        : model(trial, task, catalog), values(model.parameters().size()), prepared(model.prepared_size()) {
        model.initialize(values.data());
        RandomStream stream(11, "weights");
        for (float& value : values) value += float(stream.normal());
        prepare();
    }
    void prepare() { model.prepare(values.data(), prepared.data()); }
    model::Weights<float> weights() const { return {values.data(), prepared.data()}; }
};

trial::Trial generating() {
    trial::Trial trial = small::trial(small::gated_cell, 1, 2, 4);
    trial.model.noise = 3;
    trial.upstream = {{small::choice(small::gated_cell), pixels, 1, 0, unroll::Initializer::uniform}};
    return trial;
}

Task reading(Size T, Size D, Task::Kind kind = Task::Kind::label) {
    return {.kind = kind, .input_reals = D, .target_tokens = classes, .sequence_length = T};
}

struct Gallery {
    plugins::Catalog catalog = small::catalog();
    Trained generator{generating(), {.kind = Task::Kind::image, .input_reals = pixels, .sequence_length = 1}, catalog};
    Trained judge{small::trial(small::gated_cell, 2, 2, 5), reading(2, pixels / 2), catalog};
    RandomStream noise{5, "noise"};

    sampling::Judgement judgement(Size images) {
        return sampling::judge(generator.model, generator.weights(), judge.model, judge.weights(), images, noise);
    }
};

}  // namespace

TEST_CASE("the figures are those of the pictures' own probabilities") {
    Gallery gallery;
    const Size images = 7;
    const auto found = gallery.judgement(images);
    CHECK(found.images == images);

    model::AdversarialPass<float> makes(gallery.generator.model, images, model::Use::inference);
    const float* pictures = makes.generate(gallery.generator.weights(), {images, gallery.noise.split(0)});
    model::Pass<float> reads(gallery.judge.model, {{2, 1}}, model::Use::inference);
    double confidence = 0;
    std::vector<double> mean(classes);
    for (Size i = 0; i < images; ++i, pictures += pixels) {
        double most = 0;
        for (Size label = 0; label < classes; ++label) {
            model::Batch<float> batch;
            batch.T = 2;
            batch.B = 1;
            batch.reals.assign(pictures, pictures + pixels);
            batch.target_tokens = {0, Token(label)};
            batch.weights = {0, 1};
            batch.predictions = 1;
            const double p = std::exp(-reads.forward(gallery.judge.weights(), batch).loss);
            most = std::max(most, p);
            mean[label] += p / images;
        }
        confidence += most / images;
    }
    double entropy = 0;
    for (const double p : mean) entropy -= p * std::log(p);
    CHECK(found.confidence == Catch::Approx(confidence).epsilon(1e-5));
    CHECK(found.effective_classes == Catch::Approx(std::exp(entropy)).epsilon(1e-5));
    CHECK(found.confidence > 1.1 / classes);
    CHECK(found.effective_classes < classes - 0.1);
}

TEST_CASE("one who knows nothing and one who always says the same are the ends") {
    Gallery gallery;
    gallery.judge.values.clear();
    gallery.judge.prepare();
    const auto nothing = gallery.judgement(250);  // more than are made at once
    CHECK(nothing.confidence == Catch::Approx(1.0 / classes));
    CHECK(nothing.effective_classes == Catch::Approx(double(classes)));

    gallery.judge.values.data()[gallery.judge.model.head().bias] = 50;
    const auto same = gallery.judgement(250);
    CHECK(same.confidence == Catch::Approx(1));
    CHECK(same.effective_classes == Catch::Approx(1));
}

TEST_CASE("a judge labels pictures of the generator's size") {
    Gallery gallery;
    const auto fits = [&](const Task& task) {
        const model::Model<float> other(small::trial(small::gated_cell, task.sequence_length, 2, 5), task,
                                        gallery.catalog);
        return sampling::can_judge(other, gallery.generator.model);
    };
    CHECK(fits(reading(1, pixels)));
    CHECK(fits(reading(3, 2)));
    CHECK_FALSE(fits(reading(2, 2)));
    CHECK_FALSE(fits(reading(1, pixels, Task::Kind::sequence)));
    CHECK_FALSE(sampling::can_judge(gallery.judge.model, gallery.judge.model));
}

TEST_CASE("a picture that is not finite is not judged") {
    Gallery gallery;
    gallery.judge.values.data()[gallery.judge.model.head().bias] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(gallery.judgement(2), std::domain_error);
}
