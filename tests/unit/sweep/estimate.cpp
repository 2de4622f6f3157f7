// How long trials will take: by steps that are taken, for each model, until the last trial has ended.
#include "sweep/estimate.h"

#include "catch.h"
#include "small_sweep.h"

using namespace unroll;

namespace {

sweep::Estimate estimate_of(const SmallSweep& small, std::uint64_t from_step, Size jobs) {
    std::vector<sweep::Remaining> remaining;
    for (const sweep::TrialPlan& plan : small.workload) remaining.push_back({&plan, from_step});
    return sweep::estimate(remaining, small.catalog(), jobs, 0.02);
}

}  // namespace

TEST_CASE("jobs on workers end with the longest chain, the longest jobs first") {
    CHECK(sweep::makespan({}, 4) == 0);
    CHECK(sweep::makespan({3, 1, 2}, 1) == 6);
    CHECK(sweep::makespan({1, 1, 1, 3}, 2) == 3);
    CHECK(sweep::makespan({5, 1}, 8) == 5);
    CHECK(sweep::makespan({2, 3}, 0) == 5);
}

TEST_CASE("every trial has an estimate; trials of one model have the same, and done steps do not count") {
    const SmallSweep small;
    const auto whole = estimate_of(small, 0, 2);
    REQUIRE(whole.seconds.size() == 8);
    for (const double seconds : whole.seconds) CHECK(seconds > 0);
    CHECK(whole.seconds[0] == whole.seconds[3]);
    CHECK(whole.seconds[4] == whole.seconds[7]);
    CHECK(whole.total == sweep::makespan(whole.seconds, 2));
    CHECK(estimate_of(small, 20, 2).total == 0);
    CHECK(sweep::estimate({}, small.catalog(), 2).seconds.empty());
}

TEST_CASE("models that are too many to be measured are estimated by their operations") {
    const SmallSweep small({small_manifest},
                           {manifest::parse_override("sweep.cell.hidden=[2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,"
                                                     "20,21,22,23,24]"),
                            manifest::parse_override("sweep.seed=[1]")});
    const auto all = estimate_of(small, 0, 1);
    REQUIRE(all.seconds.size() == 23);
    for (const double seconds : all.seconds) CHECK(seconds > 0);
}

TEST_CASE("a model that takes more than half of the memory is estimated by its operations, without being made") {
    const SmallSweep small;
    std::vector<sweep::Remaining> remaining;
    for (const sweep::TrialPlan& plan : small.workload) remaining.push_back({&plan, 0});
    const auto none = sweep::estimate(remaining, small.catalog(), 1, 0.02, 1);
    REQUIRE(none.seconds.size() == remaining.size());
    constexpr double slowest_core = 5e10;  // floating-point operations in a second
    const double steps = double(small.workload[0].row.steps) * small.workload[0].row.flops_per_step / slowest_core;
    CHECK(none.seconds[0] == Catch::Approx(steps));  // no step was taken, so none was timed
}
