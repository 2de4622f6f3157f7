// Long curves as no more points than a screen has pixels.
#include "store/outline.h"

#include <cmath>
#include <set>

#include "scratch.h"

using namespace scratch;

namespace {

struct Curves {
    Folder folder;
    const fs::path file = folder / "a.db";
    store::Id id = 0;

    Curves() {
        Store store(file, Store::Mode::write);
        plan(store, "a", {a_trial("one")});
        store.begin();
        store.write(attempt_start("one"));
        for (std::uint64_t step = 10; step <= 100'000; step += 10)
            store.write("one", point(step, "train", "loss", value(step)));
        for (std::uint64_t step = 500; step <= 5'000; step += 500)
            store.write("one", point(step, "validation", "loss", 1));
        store.commit();
        id = store::find_trial(store, "1").id;
    }

    static double value(std::uint64_t step) {
        if (step == 43'210) return 99;  // peaks that a sample would miss
        if (step == 77'770) return -99;
        return std::sin(double(step) / 1000);
    }
};

}  // namespace

TEST_CASE_METHOD(Curves, "an outline keeps the ends and every peak, and no more points than asked for") {
    Store store(file, Store::Mode::read);
    const store::Outline outline = store::outline_of(store, id, "train", "loss", 100);
    CHECK(!outline.is_whole);
    CHECK(!outline.is_partial);
    CHECK(outline.points.size() <= 100);
    CHECK(outline.points.size() > 90);
    CHECK(outline.points.front().step == 10);
    CHECK(outline.points.back().step == 100'000);
    std::set<double> values;
    for (std::size_t i = 0; i < outline.points.size(); ++i) {
        const store::SeriesPoint& one = outline.points[i];
        values.insert(one.value);
        CHECK(one.value == value(one.step));
        CHECK(one.seconds == double(one.step) / 10);
        CHECK(one.epoch == double(one.step) / 40);
        if (i > 0) CHECK(outline.points[i - 1].step < one.step);
    }
    CHECK(values.count(99) == 1);
    CHECK(values.count(-99) == 1);
}

TEST_CASE_METHOD(Curves, "a short curve is whole") {
    Store store(file, Store::Mode::read);
    const store::Outline outline = store::outline_of(store, id, "validation", "loss", 10);
    CHECK(outline.is_whole);
    CHECK(outline.points.size() == 10);
    CHECK(store::outline_of(store, id, "test", "loss", 10).points.empty());
    CHECK(store::outline_of(store, id + 1, "train", "loss", 10).points.empty());
}

TEST_CASE_METHOD(Curves, "of too many points, only some are looked at") {
    Store store(file, Store::Mode::read);
    const store::Outline outline = store::outline_of(store, id, "train", "loss", 100, 1000);
    CHECK(outline.is_partial);
    CHECK(outline.points.size() > 90);
    for (const store::SeriesPoint& one : outline.points) CHECK(one.value == value(one.step));
}

TEST_CASE_METHOD(Curves, "points are counted roughly, and found at even steps") {
    Store store(file, Store::Mode::read);
    CHECK(store::points_about(store, id, "train", "loss") == 10'000);
    CHECK(store::points_about(store, id, "validation", "loss") == 10);
    CHECK(store::points_about(store, id, "test", "loss") == 0);
    const auto steps = store::even_steps(store, id, "train", "loss", 11);
    CHECK(steps.size() == 11);
    CHECK(steps.front() == 10);
    CHECK(steps.back() == 100'000);
    const auto points = store::points_at(store, id, "train", "loss", {20, 25, 30});
    REQUIRE(points.size() == 2);
    CHECK(points[1].value == value(30));
    CHECK(store::series_of(store, id) ==
          std::vector<std::pair<std::string, std::string>>{{"validation", "loss"}, {"train", "loss"}});
}
