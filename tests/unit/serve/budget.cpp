// How much work may be done unasked.
#include "serve/budget.h"

#include "catch.h"

using unroll::serve::Budget;
using namespace std::chrono_literals;

TEST_CASE("work is due until its share of the time is spent, and again when it has run in") {
    Budget budget(0.01, 1s);
    Budget::Clock::time_point now{1h};
    CHECK(budget.is_due(now));
    budget.spend(2s);  // overdrawn by a second: a hundred seconds
    CHECK(!budget.is_due(now));
    CHECK(!budget.is_due(now + 99s));
    CHECK(budget.is_due(now + 101s));
}

TEST_CASE("no more runs in than the most") {
    Budget budget(0.01, 1s);
    Budget::Clock::time_point now{1h};
    budget.is_due(now);
    CHECK(budget.is_due(now + 1000h));
    budget.spend(1s);
    CHECK(!budget.is_due(now + 1000h));
}

TEST_CASE("over a long time, work takes its share and no more") {
    Budget budget(0.01, 250ms);
    Budget::Clock::time_point now{1h};
    Budget::Seconds spent{0};
    for (int i = 0; i < 10'000; ++i, now += 100ms)
        if (budget.is_due(now)) {
            budget.spend(20ms);
            spent += 20ms;
        }
    CHECK(spent > Budget::Seconds(9s));
    CHECK(spent < Budget::Seconds(11s));
}
