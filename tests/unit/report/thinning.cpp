// Long curves with fewer points.
#include "report/thinning.h"

#include <algorithm>
#include <cmath>

#include "catch.h"

using namespace unroll::report;

namespace {

Series long_series(std::size_t count) {
    Series series;
    series.name = "long";
    series.x.resize(2);
    for (std::size_t i = 0; i < count; ++i) {
        const auto step = double(i);
        series.x[0].push_back(step);
        series.x[1].push_back(step / 10);
        series.y.push_back(std::sin(step / 50) + (i == 7777 ? 5 : 0));
        series.low.push_back(series.y.back() - 1);
        series.high.push_back(series.y.back() + 1);
        series.n.push_back(3);
    }
    return series;
}

}  // namespace

TEST_CASE("a long curve keeps its ends, its peak, and the values of what is kept") {
    const Series whole = long_series(10'000), thin = thinned(whole, 500);
    CHECK(thin.y.size() <= 500);
    CHECK(thin.y.size() > 300);
    CHECK(thin.x[0].front() == 0);
    CHECK(thin.x[0].back() == 9'999);
    CHECK(std::count(thin.x[0].begin(), thin.x[0].end(), 7777) == 1);
    CHECK(std::is_sorted(thin.x[0].begin(), thin.x[0].end()));
    for (std::size_t i = 0; i < thin.y.size(); ++i) {
        const auto place = std::size_t(thin.x[0][i]);
        CHECK(thin.y[i] == whole.y[place]);
        CHECK(thin.x[1][i] == whole.x[1][place]);
        CHECK(thin.low[i] == whole.low[place]);
        CHECK(thin.high[i] == whole.high[place]);
    }
    CHECK(thin.n.size() == thin.y.size());
}

TEST_CASE("a short curve stays as it is") {
    const Series whole = long_series(500), thin = thinned(whole, 500);
    CHECK(thin.y == whole.y);
}

TEST_CASE("numbers that are not there stay away") {
    Series whole = long_series(1'000);
    whole.low.clear();
    whole.high.clear();
    const Series thin = thinned(whole, 100);
    CHECK(thin.low.empty());
    CHECK(thin.y.size() <= 100);
}
