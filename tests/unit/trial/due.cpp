// When something is due.
#include "trial/due.h"

#include <utility>
#include <vector>

#include "catch.h"

namespace unroll::trial {
namespace {

using Steps = std::vector<std::uint64_t>;

/// All of them, which must be as many as are counted, from wherever one counts.
Steps due_steps(const When& when, const Length& length) {
    Steps steps;
    for (auto step = next_due(when, 0, length); step; step = next_due(when, *step, length)) {
        CHECK(count_due(when, length, steps.empty() ? 0 : steps.back()) == count_due(when, length) - steps.size());
        steps.push_back(*step);
    }
    CHECK(count_due(when, length) == steps.size());
    CHECK(count_due(when, length, length.steps) == 0);
    return steps;
}

TEST_CASE("what is due, and when") {
    const Length length{10, 35};
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
    CHECK(due_steps(five, {10, 100, 100}) == Steps{20, 40, 60, 80, 100});
    CHECK(due_steps(five, {10, 60, 100}) == Steps{20, 40, 60});
    CHECK(due_steps(five, {10, 50, 100}) == Steps{20, 40, 50});
    CHECK_FALSE(is_due(five, 10, {10, 50, 100}));
}

TEST_CASE("so many steps are counted as nobody trains") {
    constexpr std::uint64_t steps = 1'000'000'000'000'000;
    const When million{When::Kind::times, 1'000'000};
    CHECK(due_steps({When::Kind::times, 4}, {1000, steps}) == Steps{steps / 4, steps / 2, steps / 4 * 3, steps});
    CHECK(is_due(million, steps / 1'000'000 * 999'999, {1000, steps}));
    CHECK_FALSE(is_due(million, steps / 1'000'000 * 999'999 + 1, {1000, steps}));
    CHECK(count_due(million, {1000, steps}) == 1'000'000);
    CHECK(count_due(million, {1000, steps}, steps / 2) == 500'000);
    CHECK(next_due(million, steps - 1'000'000'001, {1000, steps}) == steps - 1'000'000'000);
    const When often{When::Kind::steps, 10}, rarely{When::Kind::epochs, 9'007'199'254'740'991};
    CHECK(count_due(often, {1000, steps}) == steps / 10);
    CHECK(next_due(often, steps - 15, {1000, steps}) == steps - 10);
    CHECK(due_steps(rarely, {4096, steps}) == Steps{steps});  // 2^53 epochs of 2^12 steps are none, modulo 2^64
}

TEST_CASE("the steps of several are met in order, each once") {
    const Length length{10, 35};
    const std::vector<When> any{{When::Kind::steps, 20}, {When::Kind::never}, {When::Kind::epochs, 1}};
    Steps steps;
    for (auto step = next_due(any, 0, length); step; step = next_due(any, *step, length)) steps.push_back(*step);
    CHECK(steps == Steps{10, 20, 30, 35});
    CHECK_FALSE(next_due(std::vector<When>{}, 0, length));
}

TEST_CASE("more times than steps are every step") {
    CHECK(due_steps({When::Kind::times, 10}, {1, 3}) == Steps{1, 2, 3});
}

}  // namespace
}  // namespace unroll::trial
