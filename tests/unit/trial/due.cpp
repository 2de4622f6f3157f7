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
    };
    for (const auto& [when, expected] : expectations) {
        CHECK(due_steps(when, length) == expected);
        Steps by_step;
        for (std::uint64_t step = 1; step <= 35; ++step)
            if (is_due(when, step, length)) by_step.push_back(step);
        CHECK(by_step == expected);
    }
}

}  // namespace
}  // namespace unroll::trial
