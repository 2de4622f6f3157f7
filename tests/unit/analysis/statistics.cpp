// Mean, standard deviation and interval against numbers by hand.
#include "analysis/statistics.h"

#include <cmath>
#include <vector>

#include "analysis/student_t.h"
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

TEST_CASE("Student's t is that of tables and of its closed forms") {
    CHECK(student_t_bound(0.95, 1) == Approx(12.706204736174698).epsilon(1e-12));
    CHECK(student_t_bound(0.95, 2) == Approx(4.302652729749464).epsilon(1e-12));
    CHECK(student_t_bound(0.95, 5) == Approx(2.570581835636315).epsilon(1e-12));
    CHECK(student_t_bound(0.95, 10) == Approx(2.2281388519862744).epsilon(1e-12));
    CHECK(student_t_bound(0.95, 1000) == Approx(1.9623390808264083).epsilon(1e-12));
    CHECK(student_t_bound(0.5, 1) == Approx(1).epsilon(1e-12));                   // tan(pi / 4)
    CHECK(student_t_bound(0.5, 2) == Approx(std::sqrt(2.0 / 3)).epsilon(1e-12));  // t / sqrt(2 + t^2) = 1 / 2
    CHECK(student_t_bound(0.95, 100'000) == Approx(1.9599877).epsilon(1e-6));     // nearly the normal's 1.959964
    CHECK(student_t_bound(1 - 1e-12, 3) == Approx(13031.2).epsilon(1e-2));
}

TEST_CASE("equal values have an interval of no width") {
    const std::vector<double> values{0.5, 0.5};
    CHECK(statistics(values).sd == 0.0);
    CHECK(statistics(values).low == 0.5);
    CHECK(statistics(values).high == 0.5);
}

}  // namespace
}  // namespace unroll::analysis
