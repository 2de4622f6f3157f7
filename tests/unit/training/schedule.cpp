// Learning rates against the schedules' closed forms.
#include "training/schedule.h"

#include <cmath>

#include "catch.h"
#include "unroll/error.h"

using unroll::trial::OptimizerSettings;
using unroll::trial::ScheduleSettings;

namespace {

double rate_at(const ScheduleSettings& schedule, std::uint64_t step, std::uint64_t steps = 2000,
               std::uint64_t steps_per_epoch = 100) {
    OptimizerSettings optimizer;
    optimizer.learning_rate = 0.001;
    return unroll::training::learning_rate(optimizer, schedule, {step, steps, steps_per_epoch});
}

ScheduleSettings named(const std::string& name, unroll::Size warmup = 0) {
    ScheduleSettings schedule;
    schedule.name = name;
    schedule.warmup = warmup;
    return schedule;
}

}  // namespace

TEST_CASE("constant stays") {
    CHECK(rate_at(named("constant"), 0) == 0.001);
    CHECK(rate_at(named("constant"), 1999) == 0.001);
}

TEST_CASE("every schedule warms up linearly") {
    for (const std::string& name : unroll::training::schedules()) {
        INFO(name);
        const ScheduleSettings schedule = named(name, 4);
        CHECK(rate_at(schedule, 0) == Catch::Approx(0.001 * 1 / 5));
        CHECK(rate_at(schedule, 3) == Catch::Approx(0.001 * 4 / 5));
        CHECK(rate_at(schedule, 4) == Catch::Approx(0.001));
    }
}

TEST_CASE("cosine falls from the full rate after the warm-up to the minimum at the end") {
    ScheduleSettings schedule = named("cosine", 100);
    schedule.minimum = 0.0001;
    CHECK(rate_at(schedule, 100, 2100) == Catch::Approx(0.001).epsilon(1e-14));
    CHECK(rate_at(schedule, 600, 2100) == Catch::Approx(0.0001 + 0.0009 * (1 + std::sqrt(0.5)) / 2).epsilon(1e-14));
    CHECK(rate_at(schedule, 1100, 2100) == Catch::Approx(0.00055).epsilon(1e-14));
    CHECK(rate_at(schedule, 2099, 2100) > 0.0001);
    CHECK(rate_at(schedule, 2100, 2100) == 0.0001);
    CHECK(rate_at(schedule, 5000, 2100) == 0.0001);
}

TEST_CASE("cosine with a warm-up as long as the trial only warms up") {
    const ScheduleSettings schedule = named("cosine", 10);
    CHECK(rate_at(schedule, 9, 10) == Catch::Approx(0.001 * 10 / 11));
}

TEST_CASE("exponential falls once an epoch, or once every so many steps") {
    ScheduleSettings schedule = named("exponential");
    schedule.decay = 0.5;
    CHECK(rate_at(schedule, 99) == 0.001);
    CHECK(rate_at(schedule, 100) == 0.0005);
    CHECK(rate_at(schedule, 399) == 0.000125);
    schedule.every = 30;
    CHECK(rate_at(schedule, 29) == 0.001);
    CHECK(rate_at(schedule, 30) == 0.0005);
    CHECK(rate_at(schedule, 60) == 0.00025);
}

TEST_CASE("an unknown schedule is refused with the known ones") {
    try {
        rate_at(named("linear"), 0);
        FAIL("accepted");
    } catch (const unroll::Error& error) {
        CHECK(error.problem().where == "training.schedule.name");
        CHECK(error.problem().found == "\"linear\"");
        CHECK(error.problem().expected == "one of constant, cosine, exponential");
    }
}
