// Dealing trials to tasks.
#include "launch/dealing.h"

#include <numeric>

#include "catch.h"
#include "sweep/estimate.h"

using namespace unroll;
using namespace unroll::launch;

TEST_CASE("the longest first, each to the task that has least") {
    const Deal dealt = deal({1, 5, 3, 2}, 2);
    CHECK(dealt.task == std::vector<Size>{0, 0, 1, 1});
    CHECK(dealt.rank == std::vector<Size>{3, 0, 1, 2});
    CHECK(deal({}, 3).task.empty());
}

TEST_CASE("no more tasks than shorten the sweep") {
    CHECK(useful_tasks(std::vector<double>(24, 1.0), 1, 16) == 12);  // two rounds, as with 16
    CHECK(useful_tasks(std::vector<double>(24, 1.0), 4, 16) == 6);
    CHECK(useful_tasks(std::vector<double>(24, 1.0), 1, 24) == 24);
    CHECK(useful_tasks({100, 1, 1, 1}, 1, 10) == 2);  // the long one decides
    CHECK(useful_tasks({1}, 8, 10) == 1);
    CHECK(useful_tasks({}, 1, 10) == 1);
}
