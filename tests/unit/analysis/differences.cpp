// What differs between two trials, as typed values.
#include "analysis/differences.h"

#include "../store/scratch.h"

using namespace scratch;
using store::Value;

namespace {

const analysis::Difference& named(const std::vector<analysis::Difference>& differences, const std::string& name) {
    for (const auto& difference : differences)
        if (difference.name == name) return difference;
    throw std::runtime_error("no difference " + name);
}

}  // namespace

TEST_CASE("settings and results that differ have both values, and NULL where one trial has none") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    auto other = a_trial("bbbb", "gru", 2, 32);
    other.config = R"({"seed":2,"cell":{"plugin":"gru","hidden":128,"reset":"after"},"training":{"sequence_length":32,
                       "betas":[0.9,0.99],"parts":[{"a":true}]}})";
    plan(store, "cells", {a_trial("aaaa"), other});
    write(
        store, [](Store& to) { to.write(attempt_start("aaaa")); },
        [](Store& to) { to.write("aaaa", point(100, "validation", "loss", 1.5)); },
        [](Store& to) { to.write(end("aaaa")); });

    const auto left = store::find_trial(store, "1"), right = store::find_trial(store, "2");
    const auto [settings, results] = analysis::differences(store, left, right);
    CHECK(settings.size() == 9);
    CHECK(named(settings, "seed").left == Value(std::int64_t{1}));
    CHECK(named(settings, "seed").right == Value(std::int64_t{2}));
    CHECK(named(settings, "cell.heads").left == Value(std::int64_t{4}));
    CHECK(named(settings, "cell.heads").right == Value());
    CHECK(named(settings, "cell.reset").left == Value());
    CHECK(named(settings, "training.betas").right == Value("[0.9,0.99]"));
    CHECK(named(settings, "training.parts.0.a").right == Value("true"));
    CHECK(named(settings, "revision of cell lstm").left == Value("1"));
    CHECK(named(results, "validation_loss").left == Value(1.5));
    CHECK(named(results, "validation_loss").right == Value());
    CHECK(named(results, "build").left == Value("build 1"));

    const auto none = analysis::differences(store, left, left);
    CHECK(none.settings.empty());
    CHECK(none.results.empty());
}
