// Training one trial: the same bits however often it is interrupted, and everything that is recorded on the way.
#include "training/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>

#include "catch.h"
#include "plugin.h"
#include "small_plugins.h"
#include "temporary_folder.h"
#include "training/checkpoint.h"
#include "training/schedule.h"
#include "training/snapshot.h"
#include "training/timing.h"

using namespace unroll;
using manifest::Trial;
using manifest::When;
using manifest::Windows;
using training::Outcome;

namespace {

/// Called at everything that happens while a trial runs.
std::function<void()> happened = [] {};

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
constinit const Plugin picking_sampler = sampler_plugin<Picking>("small-picking", 1, "draws and says so");

/// Without bounds, so that large weights overflow.
void growing(Equations& e) {
    auto h = e.state("h", e.hidden());
    e.next(h, relu(e.linear("h", e.hidden(), {e.input(), h})));
    e.output(e.next_of(h));
}
constinit const Plugin growing_cell = equations_plugin<growing>("small-growing", 1, "no bounds");

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
struct Log final : training::Records {
    std::map<std::tuple<std::string, std::string, std::uint64_t>, double> points;
    std::map<std::string, std::pair<std::uint64_t, training::PositionMeans>> positions;
    std::map<std::tuple<std::uint64_t, double, std::string, std::uint64_t>, std::string> texts;
    std::vector<training::CheckpointRecord> checkpoints;
    std::map<std::uint64_t, double> losses;  ///< of each step

    void point(const training::Point& point) override {
        REQUIRE(std::isfinite(point.value));
        if (point.name != "tokens_per_second")
            points[{std::string(point.split), std::string(point.name), point.step}] = point.value;
        happened();
    }
    void by_position(std::uint64_t step, std::string_view split, const training::PositionMeans& means) override {
        positions[std::string(split)] = {step, means};
        happened();
    }
    void samples(std::vector<sampling::Sample> made) override {
        for (const sampling::Sample& sample : made)
            texts[{sample.step, sample.temperature.value_or(0), sample.prompt_key, sample.number}] =
                sample.text + sample.image;
        happened();
    }
    void checkpoint(training::CheckpointRecord checkpoint) override {
        std::erase_if(checkpoints, [&](const auto& other) { return other.step == checkpoint.step; });
        checkpoints.push_back(std::move(checkpoint));
    }
    void progress(std::uint64_t step, std::uint64_t, double loss, double) override {
        losses[step] = loss;
        happened();
    }

    /// What the next attempt begins with.
    void cut_back_to(std::uint64_t step) {
        std::erase_if(points, [&](const auto& entry) { return std::get<2>(entry.first) > step; });
        std::erase_if(texts, [&](const auto& entry) { return std::get<0>(entry.first) > step; });
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
    Run(Trial chosen, std::unique_ptr<const Dataset> data, std::vector<manifest::SamplingSettings> sampled = {})
        : trial(std::move(chosen)),
          sampling(std::move(sampled)),
          dataset(std::move(data)),
          catalog(small::catalog()),
          model((catalog.add({&picking_sampler, {}}), catalog.add({&growing_cell, {}}), trial), dataset.task(),
                catalog) {}

    Outcome attempt(const std::atomic<bool>& stop) {
        std::optional<std::filesystem::path> from;
        if (!log.checkpoints.empty()) from = log.checkpoints.back().path;
        log.cut_back_to(log.checkpoints.empty() ? 0 : log.checkpoints.back().step);
        return training::train({trial, dataset, model, catalog, sampling, folder.path() / "here", from}, log, stop);
    }

    Outcome whole() {
        const std::atomic<bool> stop{false};
        return attempt(stop);
    }

    Trial trial;
    std::vector<manifest::SamplingSettings> sampling;
    Telling dataset;
    plugins::Catalog catalog;
    model::Model<float> model;
    TemporaryFolder folder;
    Log log;
};

std::unique_ptr<const Dataset> corpus(Size train = 200, Size validation = 60, Size test = 40) {
    return std::make_unique<small::Corpus>(5, train, validation, test);
}

When every(Size steps) {
    return {When::Kind::steps, steps};
}

manifest::SamplingSettings texts(double temperature, When when) {
    manifest::SamplingSettings settings;
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
std::unique_ptr<Run> streams() {
    Trial trial = small::trial(small::gated_cell, 6, 4, 6, 2);
    trial.cells[0].dropout = 0.3;
    trial.training.windows = Windows::streams;
    trial.training.steps = 23;
    trial.training.optimizer = {.name = "sgd", .learning_rate = 0.1, .momentum = 0.9};
    trial.training.clip = {manifest::Clip::Kind::norm, 1};
    trial.training.log_every = 3;
    trial.training.evaluate_every = every(7);
    trial.training.checkpoint_every = every(5);
    return std::make_unique<Run>(trial, corpus(),
                                 std::vector{texts(0.5, every(4)), texts(1.0, every(7)), texts(1.5, {})});
}

std::unique_ptr<Run> epochs() {
    Trial trial = small::trial(small::positions_cell, 6, 4, 6, 2);
    trial.cells[0].dropout = 0.2;
    trial.training.steps = 0;
    trial.training.epochs = 3;
    trial.training.windows = Windows::strided;
    trial.training.stride = 4;
    trial.training.optimizer = {.name = "adam", .learning_rate = 0.02};
    trial.training.schedule = {.name = "cosine", .warmup = 4, .minimum = 0.001};
    trial.training.evaluate_every = {When::Kind::epochs, 1};
    trial.training.checkpoint_every = every(8);
    return std::make_unique<Run>(trial, corpus(), std::vector{texts(1.0, {When::Kind::epochs, 2})});
}

/// A rate so high that losses get worse soon.
std::unique_ptr<Run> patience() {
    Trial trial = small::trial(small::gated_cell, 6, 4, 8);
    trial.training.steps = 400;
    trial.training.optimizer = {.name = "rmsprop", .learning_rate = 0.3};
    trial.training.stop = {.metric = "validation/loss", .target = {}, .patience = 3};
    trial.training.evaluate_every = every(4);
    trial.training.checkpoint_every = every(6);
    return std::make_unique<Run>(trial, corpus(), std::vector{texts(1.0, every(6))});
}

std::unique_ptr<Run> examples(Task::Kind kind, const char* optimizer) {
    Trial trial = small::trial(small::gated_cell, 5, 3, 6);
    trial.cells[0].dropout = 0.2;
    trial.training.steps = 21;
    trial.training.optimizer.name = optimizer;
    trial.training.optimizer.learning_rate = 0.05;
    trial.training.optimizer.weight_decay = 0.01;
    trial.training.clip = {manifest::Clip::Kind::element, 0.01};
    trial.training.log_every = 4;
    trial.training.evaluate_every = every(5);
    trial.training.checkpoint_every = {When::Kind::never, 0};
    return std::make_unique<Run>(trial, std::make_unique<small::Examples>(kind, 5, 16));
}

std::unique_ptr<Run> answers() {
    Trial trial = small::trial(small::gated_cell, 3, 6, 6);
    trial.cells[0].dropout = 0.2;
    trial.front = trial.cells;
    trial.training.steps = 21;
    trial.training.evaluate_every = every(5);
    trial.training.checkpoint_every = every(4);
    return std::make_unique<Run>(trial, std::make_unique<small::Backwards>(3, 3, 16));
}

/// A generator and a discriminator, each with an optimiser of its own.
std::unique_ptr<Run> images() {
    Trial trial = small::trial(small::gated_cell, 1, 5, 6);
    trial.cells[0].dropout = 0.2;
    trial.model.noise = 3;
    trial.front = {{small::choice(small::positions_cell), 6, 2, 0, "uniform"}};
    trial.front_optimizer = manifest::OptimizerSettings{.name = "adam", .learning_rate = 0.02};
    trial.training.optimizer = {.name = "sgd", .learning_rate = 0.1, .momentum = 0.9};
    trial.training.steps = 21;
    trial.training.clip = {manifest::Clip::Kind::norm, 0.5};
    trial.training.log_every = 4;
    trial.training.evaluate_every = every(5);
    trial.training.checkpoint_every = every(6);
    manifest::SamplingSettings grids;
    grids.length = 4;
    grids.every = every(3);
    return std::make_unique<Run>(trial, std::make_unique<small::Dots>(16), std::vector{grids});
}

std::vector<Case> cases() {
    return {{"streams", streams},
            {"epochs", epochs},
            {"patience", patience},
            {"labels", [] { return examples(Task::Kind::label, "adamw"); }},
            {"reals", [] { return examples(Task::Kind::reals, "adagrad"); }},
            {"answers", answers},
            {"images", images}};
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

void check_same(const Run& run, const Run& whole) {
    CHECK(run.log.points == whole.log.points);
    CHECK(run.log.texts == whole.log.texts);
    CHECK(run.log.losses == whole.log.losses);
    REQUIRE(run.log.positions.size() == whole.log.positions.size());
    for (const auto& [split, entry] : whole.log.positions) {
        CHECK(run.log.positions.at(split).first == entry.first);
        CHECK(same_bits(run.log.positions.at(split).second.loss, entry.second.loss));
        CHECK(same_bits(run.log.positions.at(split).second.accuracy, entry.second.accuracy));
    }
    const training::Checkpoint one(run.log.checkpoints.back().path), other(whole.log.checkpoints.back().path);
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

}  // namespace

TEST_CASE("a trial that is stopped after every so many steps has the bits of one that was not") {
    for (const Case& one : cases()) {
        INFO(one.name);
        const auto whole = one.make();
        const Outcome expected = whole->whole();
        CHECK(expected.kind == Outcome::Kind::finished);
        for (const Size period : {2, 5}) {
            INFO(period);
            const auto run = one.make();
            Outcome outcome;
            Size attempts = 0;
            do {
                std::atomic<bool> stop{false};
                const std::uint64_t begin = run->log.checkpoints.empty() ? 0 : run->log.checkpoints.back().step;
                happened = [&] {
                    const auto& losses = run->log.losses;
                    if (!losses.empty() && losses.rbegin()->first >= begin + period) stop = true;
                };
                outcome = run->attempt(stop);
                happened = [] {};
                // Each attempt gets on by its steps, though what was due after the last of them is still to come.
                if (outcome.kind == Outcome::Kind::interrupted) REQUIRE(outcome.step == begin + period);
                ++attempts;
            } while (outcome.kind == Outcome::Kind::interrupted);
            CHECK(attempts >= expected.step / period);
            CHECK(outcome.step == expected.step);
            CHECK(outcome.tokens == expected.tokens);
            check_same(*run, *whole);
        }
    }
}

TEST_CASE("a trial that is stopped in the middle of anything has the bits of one that was not") {
    for (const Case& one : cases()) {
        INFO(one.name);
        const auto whole = one.make();
        Size events = 0;
        happened = [&] { ++events; };
        whole->whole();
        happened = [] {};
        for (std::uint64_t seed = 0; seed < 2; ++seed) {
            INFO(seed);
            const auto run = one.make();
            RandomStream stream(seed, "interruptions");
            Outcome outcome;
            do {
                std::atomic<bool> stop{false};
                Size left = 1 + stream.below(events / 3);
                happened = [&] {
                    if (--left == 0) stop = true;
                };
                outcome = run->attempt(stop);
                happened = [] {};
            } while (outcome.kind == Outcome::Kind::interrupted);
            check_same(*run, *whole);
        }
    }
}

TEST_CASE("a trial that is killed goes on from any checkpoint with the same bits") {
    for (const auto& make : {streams, epochs, patience}) {
        const auto whole = make();
        whole->whole();
        for (const training::CheckpointRecord& checkpoint : whole->log.checkpoints) {
            const auto run = make();
            run->log.points = whole->log.points;
            run->log.texts = whole->log.texts;
            run->log.losses = whole->log.losses;
            run->log.positions = whole->log.positions;
            run->log.checkpoints = {checkpoint};
            run->whole();
            check_same(*run, *whole);
        }
    }
}

TEST_CASE("what two rivals record, and what they draw") {
    const auto run = images();
    run->whole();
    const Log& log = run->log;
    using Steps = std::vector<std::uint64_t>;
    for (const char* name : {"loss", "accuracy", "generator_loss", "deceived"})
        CHECK(log.steps("train", name) == Steps{4, 8, 12, 16, 20, 21});
    CHECK(log.steps("validation", "loss").empty());
    Steps drawn;
    for (const auto& [key, bytes] : log.texts) {
        drawn.push_back(std::get<0>(key));
        CHECK(bytes.substr(1, 3) == "PNG");
    }
    CHECK(drawn == Steps{3, 6, 9, 12, 15, 18});
}

TEST_CASE("what is recorded when") {
    const auto run = streams();
    const Outcome outcome = run->whole();
    CHECK(outcome.step == 23);
    CHECK(outcome.tokens == 23 * 6 * 4);
    CHECK(outcome.seconds > 0);
    CHECK(!outcome.diverged_step);
    using Steps = std::vector<std::uint64_t>;
    const Log& log = run->log;
    CHECK(log.steps("train", "loss") == Steps{3, 6, 9, 12, 15, 18, 21, 23});
    CHECK(log.steps("train", "gradient_norm") == log.steps("train", "loss"));
    CHECK(log.steps("train", "learning_rate") == log.steps("train", "loss"));
    CHECK(log.steps("train", "accuracy") == log.steps("train", "loss"));
    CHECK(log.steps("train", "epoch_loss") == Steps{8, 16});  // streams of 49 tokens, six at a time
    CHECK(log.steps("validation", "loss") == Steps{7, 14, 21, 23});
    CHECK(log.steps("validation", "accuracy") == log.steps("validation", "loss"));
    CHECK(log.steps("test", "loss") == Steps{23});
    CHECK(log.positions.at("validation").first == 23);
    CHECK(log.positions.at("test").second.loss.size() == 6);
    Steps sampled, checkpoints;
    for (const auto& [key, text] : log.texts) {
        CHECK(text.size() == 7);
        sampled.push_back(std::get<0>(key));
    }
    sampled.erase(std::unique(sampled.begin(), sampled.end()), sampled.end());
    CHECK(sampled == Steps{4, 7, 8, 12, 14, 16, 20, 21});  // those of the end come from the last checkpoint
    for (const auto& checkpoint : log.checkpoints) {
        checkpoints.push_back(checkpoint.step);
        CHECK(training::Checkpoint(checkpoint.path, checkpoint.sha256).metadata("step") ==
              std::to_string(checkpoint.step));
    }
    CHECK(checkpoints == Steps{5, 10, 15, 20, 23});
}

TEST_CASE("losses are means over the steps since the last ones") {
    const auto run = streams();
    run->whole();
    const Log& log = run->log;
    const auto mean = [&](std::uint64_t first, std::uint64_t last) {
        double sum = 0;
        for (std::uint64_t step = first; step <= last; ++step) sum += log.losses.at(step);
        return sum / double(last - first + 1);
    };
    CHECK(log.at("train", "loss", 3) == Catch::Approx(mean(1, 3)));
    CHECK(log.at("train", "loss", 12) == Catch::Approx(mean(10, 12)));
    CHECK(log.at("train", "loss", 23) == Catch::Approx(mean(22, 23)));
    CHECK(log.at("train", "epoch_loss", 8) == Catch::Approx(mean(1, 8)));
    CHECK(log.at("train", "epoch_loss", 16) == Catch::Approx(mean(9, 16)));
}

TEST_CASE("the learning rate follows its schedule and losses fall") {
    const auto run = epochs();
    const Outcome outcome = run->whole();
    CHECK(outcome.step == 3 * 13);
    const Log& log = run->log;
    for (const std::uint64_t step : log.steps("train", "learning_rate"))
        CHECK(log.at("train", "learning_rate", step) ==
              training::learning_rate(run->trial.training.optimizer, run->trial.training.schedule, {step - 1, 39, 13}));
    CHECK(log.steps("train", "epoch_loss") == std::vector<std::uint64_t>{13, 26, 39});
    CHECK(log.steps("validation", "loss") == std::vector<std::uint64_t>{13, 26, 39});
    CHECK(log.at("train", "epoch_loss", 39) < log.at("train", "epoch_loss", 13));
}

TEST_CASE("patience ends a trial, which is then recorded to its end") {
    const auto run = patience();
    const Outcome outcome = run->whole();
    REQUIRE(outcome.kind == Outcome::Kind::finished);
    const auto evaluated = run->log.steps("validation", "loss");
    const std::uint64_t end = outcome.step;
    REQUIRE(end < 400);
    CHECK(end == evaluated.back());
    double best = INFINITY;
    std::uint64_t best_step = 0;
    for (const std::uint64_t step : evaluated)
        if (run->log.at("validation", "loss", step) < best) {
            best = run->log.at("validation", "loss", step);
            best_step = step;
        }
    CHECK(end == best_step + 3 * 4);
    CHECK(run->log.positions.at("validation").first == end);
    CHECK(run->log.positions.at("test").first == end);
    CHECK(run->log.steps("train", "loss").back() == end);
    CHECK(run->log.steps("train", "gradient_norm").back() == end);
    CHECK(run->log.steps("test", "loss").back() == end);
    CHECK(run->log.checkpoints.back().step == end);
    // Once more from its end: nothing is left to do.
    const Size checkpoints = run->log.checkpoints.size();
    CHECK(run->whole().step == end);
    CHECK(run->log.checkpoints.size() == checkpoints);
}

TEST_CASE("a target that is reached ends a trial") {
    for (const char* metric : {"validation/loss", "validation/accuracy"}) {
        auto run = patience();
        run->trial.training.stop = {metric, metric[11] == 'l' ? 10.0 : 0.01, 0};
        CHECK(run->whole().step == 4);
        CHECK(run->log.steps("train", "loss") == std::vector<std::uint64_t>{4});
        run = patience();
        run->trial.training.steps = 9;
        run->trial.training.stop = {metric, metric[11] == 'l' ? 0.0 : 1.01, 0};
        CHECK(run->whole().step == 9);
    }
}

TEST_CASE("the best evaluation's checkpoint is marked") {
    auto run = streams();
    run->trial.training.checkpoint_every = every(7);
    run->whole();
    double best = INFINITY;
    for (const auto& checkpoint : run->log.checkpoints) {
        const double loss = run->log.at("validation", "loss", checkpoint.step);
        CHECK(checkpoint.is_best == (loss < best));
        best = std::min(best, loss);
    }
}

TEST_CASE("divergence is found at once, with its step") {
    const auto run = [](const Plugin& cell, double rate, Size validation) {
        Trial trial = small::trial(cell);
        trial.training.log_every = 1;
        trial.training.evaluate_every = every(1);
        trial.training.optimizer = {.name = "sgd", .learning_rate = rate};
        auto made = std::make_unique<Run>(trial, corpus(200, validation, 0), std::vector{texts(1.0, every(1))});
        return std::pair(made->whole(), std::move(made));
    };
    // Weights beyond float's range after the first step.
    for (const double rate : {1e40, 1e300}) {
        const auto [outcome, at] = run(small::gated_cell, rate, 60);
        CHECK(outcome.kind == Outcome::Kind::diverged);
        CHECK(outcome.diverged_step == 1);
        CHECK(outcome.step == 0);
        CHECK(at->log.points.empty());
        CHECK(at->log.checkpoints.empty());
    }
    // Weights that are finite and predictions that are not: the next loss tells, whichever it is.
    const auto [evaluated, with_validation] = run(growing_cell, 1e30, 60);
    CHECK(evaluated.kind == Outcome::Kind::diverged);
    CHECK(evaluated.diverged_step == 1);
    CHECK(with_validation->log.steps("train", "loss") == std::vector<std::uint64_t>{1});
    CHECK(with_validation->log.steps("validation", "loss").empty());
    const auto [trained, without_validation] = run(growing_cell, 1e30, 0);
    CHECK(trained.kind == Outcome::Kind::diverged);
    CHECK(without_validation->log.texts.empty());
}

TEST_CASE("a training split without a batch is refused") {
    Trial trial = small::trial(small::gated_cell, 6, 4);
    trial.training.windows = Windows::streams;
    Run run(trial, corpus(24, 20, 20));
    CHECK(error_of([&] { run.whole(); }) ==
          "training.sequence_length: a training split of 24, too short for a batch\n  wanted: at least 25\n  next: "
          "enlarge the training split, or lower training.sequence_length or training.batch");
    Run enough(trial, corpus(25, 20, 20));
    CHECK(enough.whole().step == 10);
}

TEST_CASE("a checkpoint of another model or optimiser is refused") {
    const auto refusal = [](auto change) {
        auto run = streams();
        run->whole();
        Trial other = run->trial;
        change(other);
        Run next(other, corpus());
        next.log.checkpoints = {run->log.checkpoints.front()};
        const std::string message = error_of([&] { next.whole(); });
        const auto line = message.find(".safetensors: ");
        return line == std::string::npos ? message : message.substr(line + 14, message.find('\n') - line - 14);
    };
    CHECK(refusal([](Trial&) {}).empty());
    CHECK(refusal([](Trial& trial) { trial.cells[0].layers = 1; }) == "tensor \"cell.1.weight_gate_0\"");
    CHECK(refusal([](Trial& trial) { trial.cells[0].layers = 3; }) == "no tensor \"cell.2.weight_gate_0\"");
    CHECK(refusal([](Trial& trial) { trial.cells[0].hidden = 7; }) == "tensor \"cell.0.weight_gate_0\", F32 (6, 5)");
    CHECK(refusal([](Trial& trial) { trial.training.optimizer.momentum = 0; }).find("optimizer.") != std::string::npos);
    CHECK(refusal([](Trial& trial) { trial.training.optimizer.name = "adam"; }) ==
          "tensor \"optimizer.momentum.cell.0.weight_gate_0\"");
    CHECK(refusal([](Trial& trial) { trial.training.windows = Windows::random; }) == "tensor \"state\"");
    CHECK(refusal([](Trial& trial) { trial.training.batch = 2; }).find("\"state\"") != std::string::npos);
}

TEST_CASE("a checkpoint gives its weights alone") {
    auto run = streams();
    run->whole();
    const auto& last = run->log.checkpoints.back();
    std::vector<float> weights(run->model.parameters().size());
    CHECK(training::load_weights(last.path, run->model, weights.data()) == 23);
    const training::Checkpoint file(last.path);
    for (const model::Parameter& parameter : run->model.parameters().list()) {
        const auto values = file.values<float>(parameter.name, parameter.weight.shape);
        CHECK(std::equal(values.begin(), values.end(), weights.begin() + std::ptrdiff_t(parameter.offset)));
    }
    Trial shallow = run->trial;
    shallow.cells[0].layers = 1;
    const model::Model<float> other(shallow, run->dataset.task(), run->catalog);
    CHECK(error_of([&] { training::load_weights(last.path, other, weights.data()); }).find("cell.1.") !=
          std::string::npos);
}

TEST_CASE("what is due, and when") {
    using training::due_steps;
    using training::is_due;
    const training::Length length{10, 35};
    using Steps = std::vector<std::uint64_t>;
    const std::pair<When, Steps> expectations[] = {
        {{When::Kind::never, 0}, {}},
        {{When::Kind::end, 0}, {35}},
        {{When::Kind::steps, 10}, {10, 20, 30, 35}},
        {{When::Kind::steps, 35}, {35}},
        {{When::Kind::steps, 7}, {7, 14, 21, 28, 35}},
        {{When::Kind::steps, 100}, {35}},
        {{When::Kind::steps, 0}, {35}},
        {{When::Kind::epochs, 1}, {10, 20, 30, 35}},
        {{When::Kind::epochs, 2}, {20, 35}},
        {{When::Kind::epochs, 5}, {35}},
    };
    for (const auto& [when, expected] : expectations) {
        CHECK(due_steps(when, length) == expected);
        Steps by_step;
        for (std::uint64_t step = 1; step <= 35; ++step)
            if (is_due(when, step, length)) by_step.push_back(step);
        CHECK(by_step == expected);
    }
}

TEST_CASE("the length of a trial comes from its steps or its epochs") {
    Trial trial = small::trial(small::gated_cell, 6, 4);
    const auto dataset = corpus();
    CHECK(training::length_of(trial, *dataset).epoch == 199 / 24);
    CHECK(training::length_of(trial, *dataset).steps == 10);
    trial.training.steps = 0;
    trial.training.epochs = 3;
    CHECK(training::length_of(trial, *dataset).steps == 3 * (199 / 24));
}
