// Early stopping: direction, target, patience, state.
#include "training/stopping.h"

#include <limits>

#include "catch.h"
#include "unroll/error.h"

using unroll::training::Best;
using unroll::training::Stopping;
using unroll::trial::StopSettings;

TEST_CASE("the best value is the first of the best") {
    Best best("validation/loss");
    CHECK_FALSE(best.any());
    CHECK(best.observe(1, 2.0));
    CHECK_FALSE(best.observe(2, 2.0));
    CHECK_FALSE(best.observe(3, std::numeric_limits<double>::quiet_NaN()));
    CHECK(best.observe(4, 1.5));
    CHECK_FALSE(best.observe(5, 1.6));
    CHECK(best.value() == 1.5);
    CHECK(best.step() == 4);

    Best accuracy("test/accuracy");
    CHECK(accuracy.observe(1, 0.5));
    CHECK_FALSE(accuracy.observe(2, 0.4));
    CHECK(accuracy.observe(3, 0.6));
}

TEST_CASE("without a metric training never stops") {
    Stopping stopping(StopSettings{.metric = "", .target = 1.0, .patience = 1});
    for (std::uint64_t step = 0; step < 5; ++step) CHECK_FALSE(stopping.observe(step, 1.0));
}

TEST_CASE("training stops when the target is reached") {
    Stopping loss(StopSettings{.metric = "validation/loss", .target = 1.5});
    CHECK_FALSE(loss.observe(1, 1.6));
    CHECK(loss.observe(2, 1.5));
    Stopping accuracy(StopSettings{.metric = "validation/accuracy", .target = 0.9});
    CHECK_FALSE(accuracy.observe(1, 0.1));
    CHECK(accuracy.observe(2, 0.95));
}

TEST_CASE("training stops after so many evaluations that are not better") {
    Stopping stopping(StopSettings{.metric = "validation/loss", .target = {}, .patience = 2});
    CHECK_FALSE(stopping.observe(1, 2.0));
    CHECK_FALSE(stopping.observe(2, 2.1));
    CHECK_FALSE(stopping.observe(3, 1.9));
    CHECK_FALSE(stopping.observe(4, 1.9));
    CHECK(stopping.observe(5, 1.95));
}

TEST_CASE("patience 0 waits for ever") {
    Stopping stopping(StopSettings{.metric = "validation/loss", .target = {}});
    for (std::uint64_t step = 0; step < 100; ++step) CHECK_FALSE(stopping.observe(step, 2.0));
}

TEST_CASE("state survives a checkpoint to the last bit") {
    const StopSettings settings{.metric = "validation/loss", .target = {}, .patience = 2};
    Stopping before(settings), after(settings);
    after.restore(before.save());
    CHECK_FALSE(after.observe(1, 2.0));

    before.observe(1, 0.1 + 0.2);
    before.observe(2, 0.5);
    after.restore(before.save());
    CHECK(after.save() == before.save());
    CHECK(after.observe(3, 0.1 + 0.2));

    Best best("loss"), restored("loss");
    best.observe(123456789012345, 1e-300 / 3);
    restored.restore(best.save());
    CHECK(restored.value() == best.value());
    CHECK(restored.step() == best.step());
    restored.restore("");
    CHECK_FALSE(restored.any());
}

TEST_CASE("state that is not ours is refused and nothing changes") {
    Best best("loss");
    best.observe(3, 0.5);
    for (const char* text : {"x", "1.5", "1.5 x", "1.5 3 4"}) {
        CHECK_THROWS_AS(best.restore(text), unroll::Error);
    }
    CHECK(best.value() == 0.5);
    Stopping stopping(StopSettings{});
    try {
        stopping.restore("");
        FAIL("accepted");
    } catch (const unroll::Error& error) {
        CHECK(error.problem().expected == "a count, then a value and a step");
    }
}
