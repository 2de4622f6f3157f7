// When something is due.
#include "trial/due.h"

#include <utility>

#include "catch.h"

namespace unroll::trial {
namespace {

TEST_CASE("what is due, and when") {
    const Length length{10, 35};
    using Steps = std::vector<std::uint64_t>;
    const std::pair<When, Steps> expectations[] = {
        {{When::Kind::never, 0}, {}},
        {{When::Kind::end, 0}, {35}},
        {{When::Kind::steps, 10}, {10, 20, 30, 35}},
        {{When::Kind::steps, 35}, {35}},
        {{When::Kind::steps, 7}, {7, 14, 21, 28, 35}},
        {{When::Kind::steps, 100}, {35}},
        {{When::Kind::steps, 0}, {35}},
        {{When::Kind::epochs, 1}, {10, 20, 30, 35}},
        {{When::Kind::epochs, 2}, {20, 35}},
        {{When::Kind::epochs, 5}, {35}},
        {{When::Kind::times, 1}, {35}},
        {{When::Kind::times, 2}, {17, 35}},
        {{When::Kind::times, 10}, {3, 7, 10, 14, 17, 21, 24, 28, 31, 35}},
    };
    for (const auto& [when, expected] : expectations) {
        CHECK(due_steps(when, length) == expected);
        Steps by_step;
        for (std::uint64_t step = 1; step <= 35; ++step)
            if (is_due(when, step, length)) by_step.push_back(step);
        CHECK(by_step == expected);
    }
}

TEST_CASE("an early stop ends the times of a training, it does not move them") {
    const When five{When::Kind::times, 5};
    CHECK(due_steps(five, {10, 100, 100}) == std::vector<std::uint64_t>{20, 40, 60, 80, 100});
    CHECK(due_steps(five, {10, 60, 100}) == std::vector<std::uint64_t>{20, 40, 60});
    CHECK(due_steps(five, {10, 50, 100}) == std::vector<std::uint64_t>{20, 40, 50});
    CHECK_FALSE(is_due(five, 10, {10, 50, 100}));
}

TEST_CASE("so many steps are counted as nobody trains") {
    constexpr std::uint64_t steps = 1'000'000'000'000'000;
    const When million{When::Kind::times, 1'000'000};
    CHECK(due_steps({When::Kind::times, 4}, {1000, steps}) ==
          std::vector<std::uint64_t>{steps / 4, steps / 2, steps / 4 * 3, steps});
    CHECK(is_due(million, steps / 1'000'000 * 999'999, {1000, steps}));
    CHECK_FALSE(is_due(million, steps / 1'000'000 * 999'999 + 1, {1000, steps}));
    CHECK(due_steps(million, {1000, steps}).size() == 1'000'000);
    CHECK(due_steps(million, {1000, steps})[999'998] == steps / 1'000'000 * 999'999);
}

TEST_CASE("more times than steps are every step") {
    CHECK(due_steps({When::Kind::times, 10}, {1, 3}) == std::vector<std::uint64_t>{1, 2, 3});
}

}  // namespace
}  // namespace unroll::trial
