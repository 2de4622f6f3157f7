// Which checkpoints of a trial are kept.
#include "training/retention.h"

#include <string>

#include "catch.h"

using namespace unroll;
using namespace unroll::training;

namespace {

std::vector<std::uint64_t> steps(const std::vector<CheckpointInfo>& checkpoints) {
    std::vector<std::uint64_t> all;
    for (const CheckpointInfo& checkpoint : checkpoints) all.push_back(checkpoint.step);
    return all;
}

CheckpointSaved at(std::uint64_t step, Size keep, bool is_best = false) {
    return {{step, std::to_string(step), "", true, is_best}, keep};
}

using Steps = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("the newest checkpoints are kept and the best, and only one is the last") {
    std::vector<CheckpointInfo> kept;
    CHECK(add_checkpoint(kept, at(10, 2)).empty());
    CHECK(add_checkpoint(kept, at(20, 2, true)).empty());
    CHECK(steps(add_checkpoint(kept, at(30, 2))) == Steps{10});
    CHECK(add_checkpoint(kept, at(40, 2)).empty());
    CHECK(steps(kept) == Steps{20, 30, 40});
    CHECK(kept[0].is_best);
    CHECK_FALSE(kept[0].is_last);
    CHECK(kept[2].is_last);
    CHECK(steps(add_checkpoint(kept, at(50, 1, true))) == Steps{20, 30, 40});
    CHECK(steps(kept) == Steps{50});
}

TEST_CASE("the newest checkpoint stays even when none is to be kept, and replaces one of its step") {
    std::vector<CheckpointInfo> kept;
    add_checkpoint(kept, at(10, 0));
    CHECK(add_checkpoint(kept, at(10, 0, true)).empty());
    REQUIRE(steps(kept) == Steps{10});
    CHECK(kept[0].is_best);
}

TEST_CASE("checkpoints stay in the order of their steps") {
    std::vector<CheckpointInfo> kept;
    add_checkpoint(kept, at(30, 5));
    add_checkpoint(kept, at(10, 5));
    add_checkpoint(kept, at(20, 5));
    CHECK(steps(kept) == Steps{10, 20, 30});
    CHECK(kept[1].is_last);
}

TEST_CASE("one that nobody asked for takes no other's place, and goes with the next one") {
    const auto between = [](std::uint64_t step, bool is_best) {
        return CheckpointSaved{{step, "", "", true, is_best, false}, 2};
    };
    std::vector<CheckpointInfo> kept;
    add_checkpoint(kept, at(10, 2));
    add_checkpoint(kept, at(20, 2));
    CHECK(add_checkpoint(kept, between(25, false)).empty());
    CHECK(steps(kept) == Steps{10, 20, 25});
    CHECK(kept[2].is_last);
    CHECK(steps(add_checkpoint(kept, at(30, 2))) == Steps{10, 25});
    CHECK(steps(kept) == Steps{20, 30});
    // The best one stays until there is a better one.
    CHECK(add_checkpoint(kept, between(35, true)).empty());
    CHECK(steps(add_checkpoint(kept, at(40, 2))) == Steps{20});
    CHECK(steps(kept) == Steps{30, 35, 40});
    CHECK(steps(add_checkpoint(kept, between(45, true))) == Steps{35});
    CHECK(steps(kept) == Steps{30, 40, 45});
}
