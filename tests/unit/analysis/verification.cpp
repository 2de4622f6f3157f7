// Which values of a repeated trial differ in a bit.
#include "analysis/verification.h"

#include <cmath>

#include "../store/scratch.h"

using namespace scratch;
using analysis::Points;

TEST_CASE("reproducible points are all but what a clock has measured") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    plan(store, "cells", {a_trial("aaaa"), a_trial("bbbb", "gru")});
    write(
        store, [](Store& to) { to.write(attempt_start("aaaa")); },
        [](Store& to) { to.write("aaaa", point(50, "validation", "loss", 1.5)); },
        [](Store& to) { to.write("aaaa", point(50, "train", "tokens_per_second", 9)); });
    CHECK(analysis::reproducible_points(store, 1) == Points{{{"validation", "loss", 50}, 1.5}});
    CHECK(analysis::reproducible_points(store, 2).empty());
}

TEST_CASE("a mismatch is another bit, or a point on one side only") {
    const Points stored{{{"train", "loss", 10}, 1.0}, {{"train", "loss", 20}, 0.0}, {{"train", "loss", 30}, 3.0}};
    CHECK(analysis::mismatches(stored, stored).empty());
    const Points repeated{{{"train", "loss", 10}, std::nextafter(1.0, 2.0)},
                          {{"train", "loss", 20}, -0.0},
                          {{"validation", "loss", 30}, 4.0}};
    const auto found = analysis::mismatches(stored, repeated);
    REQUIRE(found.size() == 4);
    CHECK(found[0].point.step == 10);
    CHECK(found[0].stored == 1.0);
    CHECK(found[0].repeated == std::nextafter(1.0, 2.0));
    CHECK(std::signbit(*found[1].repeated));
    CHECK(found[2].stored == 3.0);
    CHECK_FALSE(found[2].repeated);
    CHECK(found[3].point.split == "validation");
    CHECK_FALSE(found[3].stored);
    CHECK(found[3].repeated == 4.0);
}
