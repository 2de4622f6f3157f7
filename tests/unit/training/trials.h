// Small trials of every kind of task, and all that they record, for the tests of this floor.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>

#include "catch.h"
#include "manifest/schema.h"
#include "plugin.h"
#include "small_plugins.h"
#include "temporary_folder.h"
#include "training/checkpoint.h"
#include "training/safetensors.h"
#include "training/schedule.h"
#include "training/trainer.h"
#include "trial/due.h"
#include "trial/splits.h"

namespace unroll::training::test {

using trial::Trial;
using trial::When;
using trial::Windows;

/// Called at everything that happens while a trial runs.
inline std::function<void()> happened = [] {};

class Picking final : public Sampler {
public:
    explicit Picking(const Options& options) : draw_(options) {}
    Token pick(const Choice& choice) const override {
        happened();
        return draw_.pick(choice);
    }

private:
    small::Draw draw_;
};
inline constinit const Plugin picking_sampler = sampler_plugin<Picking>("small-picking", 1, "draws and says so");

/// Without bounds, so that large weights overflow.
inline void growing(Equations& e) {
    auto h = e.state("h", e.hidden());
    e.next(h, relu(e.linear("h", e.hidden(), {e.input(), h})));
    e.output(e.next_of(h));
}
inline constinit const Plugin growing_cell = equations_plugin<growing>("small-growing", 1, "no bounds");

/// A dataset that says when it is asked for an example.
class Telling final : public Dataset {
public:
    explicit Telling(std::unique_ptr<const Dataset> inner) : inner_(std::move(inner)) {}
    Task task() const override { return inner_->task(); }
    const Vocabulary* vocabulary() const override { return inner_->vocabulary(); }
    std::span<const Token> tokens(Split split) const override { return inner_->tokens(split); }
    Size examples(Split split) const override { return inner_->examples(split); }
    void example(Split split, Size index, Example& out) const override {
        if (split != Split::train) happened();
        inner_->example(split, index, out);
    }

private:
    std::unique_ptr<const Dataset> inner_;
};

/// What a store would hold of a trial.
struct Log final : training::Sink {
    std::map<std::tuple<std::string, std::string, std::uint64_t>, double> points;
    std::map<std::string, std::pair<std::uint64_t, training::PositionMeans>> positions;
    std::map<std::tuple<std::uint64_t, double, std::string, std::uint64_t>, std::string> texts;
    std::map<std::uint64_t, training::GradientNorms> gradients;
    std::vector<training::CheckpointInfo> checkpoints;
    std::map<std::uint64_t, double> losses;  ///< of each step

    void record(training::Record record) override {
        std::visit([this](auto& kind) { add(kind); }, record);
        if (!std::holds_alternative<training::CheckpointSaved>(record)) happened();
    }
    void progress(const training::StepProgress& progress) override {
        losses[progress.step] = progress.loss;
        happened();
    }

    void add(const training::Point& point) {
        REQUIRE(std::isfinite(point.value));
        if (point.name != "tokens_per_second")
            points[{std::string(trial::name_of(point.split)), point.name, point.step}] = point.value;
    }
    void add(const training::LossByPosition& record) {
        positions[std::string(trial::name_of(record.split))] = {record.step, record.means};
    }
    void add(training::GradientByLag& gradient) { gradients[gradient.step] = std::move(gradient.norms); }
    void add(const training::Samples& made) {
        for (const sampling::Sample& sample : made)
            texts[{sample.key.step, sample.key.temperature.value_or(0), sample.key.prompt_key, sample.key.number}] =
                sample.text + sample.image;
    }
    void add(training::CheckpointSaved& saved) {
        std::erase_if(checkpoints, [&](const auto& other) { return other.step == saved.checkpoint.step; });
        checkpoints.push_back(std::move(saved.checkpoint));
    }
    void add(const training::ImageJudgement&) { FAIL("no trial judges its own images"); }

    /// What the next attempt begins with.
    void cut_back_to(std::uint64_t step) {
        std::erase_if(points, [&](const auto& entry) { return std::get<2>(entry.first) > step; });
        std::erase_if(texts, [&](const auto& entry) { return std::get<0>(entry.first) > step; });
        std::erase_if(gradients, [&](const auto& entry) { return entry.first > step; });
        std::erase_if(losses, [&](const auto& entry) { return entry.first > step; });
    }

    double at(const std::string& split, const std::string& name, std::uint64_t step) const {
        const auto found = points.find({split, name, step});
        return found == points.end() ? std::nan("") : found->second;
    }
    std::vector<std::uint64_t> steps(const std::string& split, const std::string& name) const {
        std::vector<std::uint64_t> list;
        for (const auto& [key, value] : points)
            if (std::get<0>(key) == split && std::get<1>(key) == name) list.push_back(std::get<2>(key));
        return list;
    }
};

struct Run {
    Run(Trial chosen, std::unique_ptr<const Dataset> data, std::vector<trial::SamplingSettings> sampled = {})
        : trial(std::move(chosen)),
          sampling(std::move(sampled)),
          dataset(std::move(data)),
          catalog(small::catalog()),
          model((catalog.add({&picking_sampler, {}}), catalog.add({&growing_cell, {}}), trial), dataset.task(),
                catalog) {}

    Outcome attempt(const std::atomic<bool>& stop) {
        std::optional<training::CheckpointInfo> from;
        if (!log.checkpoints.empty()) from = log.checkpoints.back();
        log.cut_back_to(log.checkpoints.empty() ? 0 : log.checkpoints.back().step);
        training::Job job{trial, dataset, model, catalog, sampling, folder.path() / "here", from, gradient};
        job.continues = continues;
        job.evaluate_at = [this](std::uint64_t step) { return evaluate_at.contains(step); };
        return training::train(job, log, stop);
    }

    Outcome whole() {
        const std::atomic<bool> stop{false};
        return attempt(stop);
    }

    Trial trial;
    std::vector<trial::SamplingSettings> sampling;
    std::vector<When> gradient;
    bool continues = false;  ///< its first checkpoint is of a trial of another length
    std::set<std::uint64_t> evaluate_at;
    Telling dataset;
    plugins::Catalog catalog;
    model::Model<float> model;
    TemporaryFolder folder;
    Log log;
};

inline std::unique_ptr<const Dataset> corpus(Size train = 200, Size validation = 60, Size test = 40) {
    return std::make_unique<small::Corpus>(5, train, validation, test);
}

inline When every(Size steps) {
    return {When::Kind::steps, steps};
}

inline trial::OptimizerSettings optimizer(const std::string& name, double learning_rate) {
    trial::OptimizerSettings settings = manifest::default_optimizer(name);
    settings.learning_rate = learning_rate;
    return settings;
}

inline trial::SamplingSettings texts(double temperature, When when) {
    trial::SamplingSettings settings;
    settings.sampler = small::choice(picking_sampler);
    settings.temperature = temperature;
    settings.prompt = {"ab", {}, 0};
    settings.length = 7;
    settings.count = 2;
    settings.every = when;
    return settings;
}

struct Case {
    std::string name;
    std::function<std::unique_ptr<Run>()> make;
};

/// Streams, momentum and dropout; everything due at steps of its own.
inline std::unique_ptr<Run> streams() {
    Trial trial = small::trial(small::gated_cell, 6, 4, 6, 2);
    trial.cells[0].dropout = 0.3;
    trial.training.windows = Windows::streams;
    trial.training.steps = 23;
    trial.training.optimizer = {.name = "sgd", .learning_rate = 0.1, .momentum = 0.9};
    trial.training.clip = {trial::Clip::Kind::norm, 1};
    trial.training.log_every = 3;
    trial.training.evaluate_every = every(7);
    trial.training.checkpoint_every = every(5);
    auto run =
        std::make_unique<Run>(trial, corpus(), std::vector{texts(0.5, every(4)), texts(1.0, every(7)), texts(1.5, {})});
    run->gradient = {every(6), every(8), When{}};
    return run;
}

inline std::unique_ptr<Run> epochs() {
    Trial trial = small::trial(small::positions_cell, 6, 4, 6, 2);
    trial.cells[0].dropout = 0.2;
    trial.training.steps = 0;
    trial.training.epochs = 3;
    trial.training.windows = Windows::strided;
    trial.training.stride = 4;
    trial.training.optimizer = optimizer("adam", 0.02);
    trial.training.schedule = {.name = "cosine", .warmup = 4, .minimum = 0.001};
    trial.training.evaluate_every = {When::Kind::epochs, 1};
    trial.training.checkpoint_every = every(8);
    return std::make_unique<Run>(trial, corpus(), std::vector{texts(1.0, {When::Kind::epochs, 2})});
}

/// A rate so high that losses get worse soon.
inline std::unique_ptr<Run> patience() {
    Trial trial = small::trial(small::gated_cell, 6, 4, 8);
    trial.training.steps = 400;
    trial.training.optimizer = optimizer("rmsprop", 0.3);
    trial.training.stop = {.metric = "validation/loss", .target = {}, .patience = 3};
    trial.training.evaluate_every = every(4);
    trial.training.checkpoint_every = every(6);
    return std::make_unique<Run>(trial, corpus(), std::vector{texts(1.0, every(6))});
}

inline std::unique_ptr<Run> examples(Task::Kind kind, const char* optimizer) {
    Trial trial = small::trial(small::gated_cell, 5, 3, 6);
    trial.cells[0].dropout = 0.2;
    trial.training.steps = 21;
    trial.training.optimizer = test::optimizer(optimizer, 0.001);
    trial.training.optimizer.learning_rate = 0.05;
    trial.training.optimizer.weight_decay = 0.01;
    trial.training.clip = {trial::Clip::Kind::element, 0.01};
    trial.training.log_every = 4;
    trial.training.evaluate_every = every(5);
    trial.training.checkpoint_every = {When::Kind::never, 0};
    return std::make_unique<Run>(trial, std::make_unique<small::Examples>(kind, 5, 16));
}

inline std::unique_ptr<Run> answers() {
    Trial trial = small::trial(small::gated_cell, 3, 6, 6);
    trial.cells[0].dropout = 0.2;
    trial.upstream = trial.cells;
    trial.training.steps = 21;
    trial.training.evaluate_every = every(5);
    trial.training.checkpoint_every = every(4);
    return std::make_unique<Run>(trial, std::make_unique<small::Backwards>(3, 3, 16));
}

/// A generator and a discriminator, each with an optimiser of its own.
inline std::unique_ptr<Run> images() {
    Trial trial = small::trial(small::gated_cell, 1, 5, 6);
    trial.cells[0].dropout = 0.2;
    trial.model.noise = 3;
    trial.upstream = {{small::choice(small::positions_cell), 6, 2, 0, unroll::Initializer::uniform}};
    trial.upstream_optimizer = optimizer("adam", 0.02);
    trial.training.optimizer = {.name = "sgd", .learning_rate = 0.1, .momentum = 0.9};
    trial.training.steps = 21;
    trial.training.clip = {trial::Clip::Kind::norm, 0.5};
    trial.training.log_every = 4;
    trial.training.evaluate_every = every(5);
    trial.training.checkpoint_every = every(6);
    trial::SamplingSettings grids;
    grids.length = 4;
    grids.count = 1;
    grids.every = every(3);
    return std::make_unique<Run>(trial, std::make_unique<small::Dots>(16), std::vector{grids});
}

inline std::vector<Case> cases() {
    return {{"streams", streams},
            {"epochs", epochs},
            {"patience", patience},
            {"labels", [] { return examples(Task::Kind::label, "adamw"); }},
            {"reals", [] { return examples(Task::Kind::reals, "adagrad"); }},
            {"answers", answers},
            {"images", images}};
}

inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

inline void check_same(const Run& run, const Run& whole) {
    CHECK(run.log.points == whole.log.points);
    CHECK(run.log.texts == whole.log.texts);
    CHECK(run.log.losses == whole.log.losses);
    CHECK(run.log.gradients == whole.log.gradients);
    REQUIRE(run.log.positions.size() == whole.log.positions.size());
    for (const auto& [split, entry] : whole.log.positions) {
        CHECK(run.log.positions.at(split).first == entry.first);
        CHECK(same_bits(run.log.positions.at(split).second.loss, entry.second.loss));
        CHECK(same_bits(run.log.positions.at(split).second.accuracy, entry.second.accuracy));
    }
    const training::SafetensorsFile one(run.log.checkpoints.back().path), other(whole.log.checkpoints.back().path);
    CHECK(run.log.checkpoints.back().is_best == whole.log.checkpoints.back().is_best);
    auto metadata = one.metadata(), expected = other.metadata();
    metadata.erase("seconds");
    expected.erase("seconds");
    CHECK(metadata == expected);
    REQUIRE(one.tensors().size() == other.tensors().size());
    for (Size i = 0; i < one.tensors().size(); ++i) {
        const auto &a = one.tensors()[i], &b = other.tensors()[i];
        CHECK(a.name == b.name);
        const auto x = std::get<std::span<const float>>(a.values), y = std::get<std::span<const float>>(b.values);
        CHECK(std::equal(x.begin(), x.end(), y.begin(), y.end()));
    }
}

}  // namespace unroll::training::test
