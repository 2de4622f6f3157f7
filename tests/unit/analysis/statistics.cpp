// Mean, standard deviation and interval against numbers by hand.
#include "analysis/statistics.h"

#include <vector>

#include "catch.h"

namespace unroll::analysis {
namespace {

TEST_CASE("one value has a mean, two have an interval, none has nothing") {
    const Statistics none = statistics({});
    CHECK(none.n == 0);
    CHECK_FALSE(none.mean);
    const std::vector<double> one{3};
    CHECK(statistics(one).n == 1);
    CHECK(statistics(one).mean == 3.0);
    CHECK_FALSE(statistics(one).sd);
    CHECK_FALSE(statistics(one).low);
    CHECK_FALSE(statistics(one).high);
}

TEST_CASE("the interval is Student's") {
    // 1, 2, 4.5: mean 2.5; squares 2.25 + 0.25 + 4 = 6.5, sd = sqrt(3.25) = 1.802776; t(0.975, 2) = 4.302653;
    // half the interval is 4.302653 * 1.802776 / sqrt(3) = 4.478343.
    const std::vector<double> values{1, 2, 4.5};
    const Statistics of = statistics(values);
    CHECK(of.n == 3);
    CHECK(*of.mean == 2.5);
    CHECK(*of.sd == Approx(1.802776).epsilon(1e-6));
    CHECK(*of.low == Approx(2.5 - 4.478343).epsilon(1e-6));
    CHECK(*of.high == Approx(2.5 + 4.478343).epsilon(1e-6));
}

TEST_CASE("a higher confidence has a wider interval") {
    // t(0.9875, 2) = 6.205347.
    const std::vector<double> values{1, 2, 4.5};
    CHECK(*statistics(values, 0.975).high == Approx(2.5 + 6.205347 * 1.802776 / 1.7320508).epsilon(1e-6));
}

TEST_CASE("equal values have an interval of no width") {
    const std::vector<double> values{0.5, 0.5};
    CHECK(statistics(values).sd == 0.0);
    CHECK(statistics(values).low == 0.5);
    CHECK(statistics(values).high == 0.5);
}

}  // namespace
}  // namespace unroll::analysis
