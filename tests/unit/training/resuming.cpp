// The same bits, however often a trial is interrupted or killed.
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
