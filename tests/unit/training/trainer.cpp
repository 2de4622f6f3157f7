// Training one trial: everything that is recorded on the way.
#include "training/trainer.h"
#include "training/length.h"

#include "trials.h"

using namespace unroll;
using namespace unroll::training::test;
using training::Outcome;

TEST_CASE("what a generator and a discriminator record, and the images that are sampled") {
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
    Steps measured;
    for (const auto& [step, norms] : log.gradients) {
        CHECK(norms.size() == 6);
        measured.push_back(step);
    }
    CHECK(measured == Steps{6, 8, 12, 16, 18});  // likewise
    for (const auto& checkpoint : log.checkpoints) {
        checkpoints.push_back(checkpoint.step);
        CHECK(training::SafetensorsFile(checkpoint.path, checkpoint.sha256).metadata("step") ==
              std::to_string(checkpoint.step));
    }
    CHECK(checkpoints == Steps{5, 7, 10, 15, 20, 21, 23});  // 7 and 21: the best evaluations, where none was due
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
    CHECK(log.at("train", "loss", 23) == Catch::Approx(mean(22, 23)));  // the last tenth
    CHECK(log.at("train", "epoch_loss", 8) == Catch::Approx(mean(1, 8)));
    CHECK(log.at("train", "epoch_loss", 16) == Catch::Approx(mean(9, 16)));
}

TEST_CASE("the final training loss does not depend on how often losses are recorded") {
    std::vector<double> finals;
    for (const Size every_so_many : {1, 3, 20, 1000}) {
        const auto run = streams();
        run->trial.training.steps = 40;
        run->trial.training.log_every = every_so_many;
        run->whole();
        double sum = 0;
        for (std::uint64_t step = 37; step <= 40; ++step) sum += run->log.losses.at(step);
        CHECK(run->log.at("train", "loss", 40) == Catch::Approx(sum / 4));
        finals.push_back(run->log.at("train", "loss", 40));
    }
    CHECK(std::count(finals.begin(), finals.end(), finals[0]) == 4);
}

TEST_CASE("the last losses are those of a tenth of the steps, at least one and at most a hundred") {
    using training::RecentLosses;
    CHECK(RecentLosses::window(1) == 1);
    CHECK(RecentLosses::window(19) == 1);
    CHECK(RecentLosses::window(999) == 99);
    CHECK(RecentLosses::window(1'000'000) == 100);
    RecentLosses losses, restored;
    for (int i = 1; i <= 250; ++i) losses.add({0.1 * i, double(i), Size(2), 0, 0}, {1.0, 0, 1, 0, 0});
    CHECK(losses.over(1).loss.loss == 25);
    CHECK(losses.over(2).loss.correct == 499);
    CHECK(losses.over(1000).loss.predictions == 200);
    restored.restore(losses.save());
    for (const Size steps : {1, 7, 100}) {
        CHECK(restored.over(steps).loss.loss == losses.over(steps).loss.loss);
        CHECK(restored.over(steps).auxiliary.predictions == steps);
    }
    restored.restore("");
    CHECK(restored.over(5).loss.predictions == 0);
    CHECK_THAT(error_of([&] { restored.restore("1 2"); }),
               Catch::Contains("the checkpoint's record of the last losses"));
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
    REQUIRE(outcome.status == trial::TrialStatus::finished);
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

TEST_CASE("checkpoints by the clock are there to go on from, and change nothing else") {
    auto plain = streams();
    plain->trial.training.checkpoint_every = {trial::When::Kind::end, 0};
    plain->whole();
    auto timed = streams();
    timed->trial.training.checkpoint_every = {trial::When::Kind::seconds, 0};  // after every step
    timed->whole();
    CHECK(timed->log.checkpoints.size() == timed->trial.training.steps);
    for (const auto& checkpoint : timed->log.checkpoints)
        CHECK(checkpoint.is_scheduled == (checkpoint.step == timed->trial.training.steps));
    for (const std::uint64_t step : plain->log.steps("validation", "loss"))
        CHECK(timed->log.at("validation", "loss", step) == plain->log.at("validation", "loss", step));
    auto seldom = streams();
    seldom->trial.training.checkpoint_every = {trial::When::Kind::seconds, 3600};
    seldom->whole();
    for (const auto& checkpoint : seldom->log.checkpoints)
        CHECK((checkpoint.is_best || checkpoint.step == seldom->trial.training.steps));
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
        CHECK(outcome.status == trial::TrialStatus::diverged);
        CHECK(outcome.diverged_step == 1);
        CHECK(outcome.step == 0);
        CHECK(at->log.points.empty());
        CHECK(at->log.checkpoints.empty());
    }
    // Weights that are finite and predictions that are not: the next loss tells, whichever it is.
    const auto [evaluated, with_validation] = run(growing_cell, 1e30, 60);
    CHECK(evaluated.status == trial::TrialStatus::diverged);
    CHECK(evaluated.diverged_step == 1);
    CHECK(with_validation->log.steps("train", "loss") == std::vector<std::uint64_t>{1});
    CHECK(with_validation->log.steps("validation", "loss").empty());
    const auto [trained, without_validation] = run(growing_cell, 1e30, 0);
    CHECK(trained.status == trial::TrialStatus::diverged);
    CHECK(without_validation->log.texts.empty());
}

TEST_CASE("a training split without a batch is refused") {
    Trial trial = small::trial(small::gated_cell, 6, 4);
    trial.training.windows = Windows::streams;
    Run run(trial, corpus(24, 20, 20));
    CHECK(error_of([&] { run.whole(); }) ==
          "training.sequence_length: a training split of 24, too short for a batch\n  expected: at least 25\n  help: "
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
    CHECK(training::load_weights(last, run->model, weights.data()) == 23);
    const training::SafetensorsFile file(last.path);
    for (const model::Parameter& parameter : run->model.parameters().list()) {
        const auto values = file.values<float>(parameter.name, parameter.weight.shape);
        CHECK(std::equal(values.begin(), values.end(), weights.begin() + std::ptrdiff_t(parameter.offset)));
    }
    Trial shallow = run->trial;
    shallow.cells[0].layers = 1;
    const model::Model<float> other(shallow, run->dataset.task(), run->catalog);
    CHECK(error_of([&] { training::load_weights(last, other, weights.data()); }).find("cell.1.") != std::string::npos);
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
