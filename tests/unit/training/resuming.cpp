// The same bits, however often a trial is interrupted or killed.
#include "training/measure.h"

#include "trials.h"

using namespace unroll;
using namespace unroll::training::test;
using training::Outcome;

TEST_CASE("a trial that is stopped after every so many steps has the bits of one that was not") {
    for (const Case& one : cases()) {
        INFO(one.name);
        const auto whole = one.make();
        const Outcome expected = whole->whole();
        CHECK(expected.status == trial::TrialStatus::finished);
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
                if (outcome.status == trial::TrialStatus::interrupted) REQUIRE(outcome.step == begin + period);
                ++attempts;
            } while (outcome.status == trial::TrialStatus::interrupted);
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
            } while (outcome.status == trial::TrialStatus::interrupted);
            check_same(*run, *whole);
        }
    }
}

TEST_CASE("a trial that is killed goes on from any checkpoint with the same bits") {
    for (const auto& make : {streams, epochs, patience}) {
        const auto whole = make();
        whole->whole();
        for (const training::CheckpointInfo& checkpoint : whole->log.checkpoints) {
            const auto run = make();
            run->log.points = whole->log.points;
            run->log.texts = whole->log.texts;
            run->log.losses = whole->log.losses;
            run->log.gradients = whole->log.gradients;
            run->log.positions = whole->log.positions;
            run->log.checkpoints = {checkpoint};
            run->whole();
            check_same(*run, *whole);
        }
    }
}

namespace {

/// What a longer trial has of one that ended at `step`: all but what only an end has.
void take_over(Log& log, const Log& shorter, std::uint64_t step) {
    log = shorter;
    std::erase_if(log.points, [&](const auto& entry) {
        const auto& [split, name, at] = entry.first;
        return split == "test" || (at == step && split == "train" && name != "epoch_loss");
    });
    log.positions.clear();
    std::erase_if(log.texts, [&](const auto& entry) { return std::get<0>(entry.first) >= step; });
}

}  // namespace

TEST_CASE("a trial that goes on where a shorter one has ended has the bits of one that was never stopped") {
    struct Lengths {
        Case one;
        Size shorter, longer;
    };
    std::vector<Lengths> all{{{"streams", streams}, 14, 23},
                             {{"streams at a logged step", streams}, 21, 23},
                             {{"epochs", epochs}, 26, 39},
                             {{"patience", patience}, 8, 400}};
    for (const Case& one : cases())
        if (one.name != "streams" && one.name != "epochs" && one.name != "patience") all.push_back({one, 10, 21});
    for (const auto& [one, shorter, longer] : all) {
        INFO(one.name << ' ' << shorter);
        const auto make = [&, &one = one](Size steps) {
            auto run = one.make();
            run->trial.training.steps = steps;
            run->trial.training.epochs = 0;
            run->trial.training.schedule = {.name = "constant", .warmup = 4};
            return run;
        };
        const auto whole = make(longer), first = make(shorter), run = make(longer);
        const Outcome expected = whole->whole();
        REQUIRE(first->whole().step == shorter);
        take_over(run->log, first->log, shorter);
        run->continues = true;
        const Outcome outcome = run->whole();
        CHECK(outcome.step == expected.step);
        CHECK(outcome.tokens == expected.tokens);
        check_same(*run, *whole);
    }
}

TEST_CASE("the best checkpoint stays the best one when a trial goes on") {
    const auto make = [](Size steps) {
        auto run = patience();
        run->trial.training.stop = {};
        run->trial.training.steps = steps;
        run->trial.training.checkpoint_every = every(4);
        return run;
    };
    const auto best_of = [](const Log& log) {
        std::uint64_t best = 0;
        for (const auto& checkpoint : log.checkpoints)
            if (checkpoint.is_best) best = checkpoint.step;
        return best;
    };
    const auto whole = make(40), first = make(16), run = make(40);
    whole->whole();
    first->whole();
    take_over(run->log, first->log, 16);
    run->continues = true;
    run->whole();
    CHECK(best_of(run->log) == best_of(whole->log));
    CHECK(best_of(whole->log) > 0);
    check_same(*run, *whole);
}

TEST_CASE("a trial that goes on from its own last step is measured there and trains nothing") {
    const auto whole = streams(), first = streams(), run = streams();
    whole->whole();
    first->trial.training.steps = 46;
    first->trial.training.checkpoint_every = every(23);
    first->whole();
    const auto at = std::find_if(first->log.checkpoints.begin(), first->log.checkpoints.end(),
                                 [](const auto& checkpoint) { return checkpoint.step == 23; });
    REQUIRE(at != first->log.checkpoints.end());
    run->log.checkpoints = {*at};
    run->continues = true;
    CHECK(run->whole().step == 23);
    CHECK(run->log.at("train", "loss", 23) == whole->log.at("train", "loss", 23));
    CHECK(run->log.at("test", "loss", 23) == whole->log.at("test", "loss", 23));
    CHECK(run->log.at("validation", "loss", 23) == whole->log.at("validation", "loss", 23));
    CHECK(run->log.positions.size() == 2);
    CHECK(run->log.losses.empty());
}

TEST_CASE("a checkpoint gives the losses that were measured while it trained") {
    for (const auto& make : {streams, answers}) {
        const auto run = make(), plain = make();
        run->trial.training.checkpoint_every = every(5);
        run->evaluate_at = {10, 15};
        run->whole();
        plain->trial.training.checkpoint_every = every(5);
        plain->whole();
        CHECK(plain->log.losses == run->log.losses);
        std::vector<training::Unevaluated> list;
        for (const auto& checkpoint : plain->log.checkpoints)
            if (checkpoint.step == 10 || checkpoint.step == 15)
                list.push_back({checkpoint, {Split::validation}, false});
        list.push_back({plain->log.checkpoints.back(), {Split::validation, Split::test}, true});
        REQUIRE(list.size() == 3);
        Log measured;
        CHECK(training::evaluate_checkpoints(plain->trial, plain->dataset, plain->model, list, measured, false));
        CHECK(measured.steps("validation", "loss") == std::vector<std::uint64_t>{10, 15, plain->trial.training.steps});
        for (const auto& [key, value] : measured.points) CHECK(run->log.points.at(key) == value);
        CHECK(measured.positions.size() == run->log.positions.size());
        for (const auto& [split, entry] : run->log.positions)
            CHECK(same_bits(measured.positions.at(split).second.loss, entry.second.loss));
        CHECK_FALSE(training::evaluate_checkpoints(plain->trial, plain->dataset, plain->model, list, measured, true));
    }
}
