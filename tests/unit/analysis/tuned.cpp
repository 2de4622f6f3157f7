// Comparisons of tuned systems: what is chosen on which split, differences paired by seed, and when a best holds.
#include "tuned.h"

#include "analysis/comparison.h"

using namespace scratch;

namespace {

struct Fixture {
    Folder folder;
    const fs::path file = folder / "a.db";
    store::ExperimentRow experiment;

    Fixture() {
        experiment.metric = "test/loss";
        experiment.by = {"system", "training.sequence_length"};
        experiment.best = {"training.optimizer.learning_rate"};
    }

    analysis::Comparison compare(const std::vector<TunedRun>& runs, const std::vector<std::string>& by = {}) const {
        make_tuned(file, runs, experiment);
        Store store(file, Store::Mode::read);
        return analysis::compare(store, {"tuned", by, "", ""});
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a test metric's best choice is made on the validation split") {
    const auto comparison = compare({{.system = "lstm", .rate = 0.01, .validation = 1.5, .test = 1.9},
                                     {.system = "lstm", .rate = 0.02, .validation = 1.6, .test = 1.7}});
    CHECK(comparison.tuned_on == "validation/loss");
    REQUIRE(comparison.groups.size() == 1);
    CHECK(comparison.groups[0].best_choice == std::vector<store::Value>{0.01});
    CHECK(comparison.groups[0].of.mean == 1.9);
}

TEST_CASE_METHOD(Fixture, "without a validation split it is made by the metric itself, and said so") {
    const auto comparison = compare({{.system = "lstm", .rate = 0.01, .validation = {}, .test = 1.9},
                                     {.system = "lstm", .rate = 0.02, .validation = {}, .test = 1.7}});
    CHECK(comparison.tuned_on == "test/loss");
    CHECK(comparison.groups[0].best_choice == std::vector<store::Value>{0.02});
}

TEST_CASE_METHOD(Fixture, "without axes to choose from nothing is tuned") {
    experiment.best = {};
    CHECK(compare({{.system = "lstm", .validation = 1.5, .test = 1.9}}).tuned_on.empty());
}

TEST_CASE_METHOD(Fixture, "the first axis is compared at equal values of the others") {
    const auto comparison = compare({{.system = "rnn", .length = 32, .validation = 3, .test = 3},
                                     {.system = "gru", .length = 32, .validation = 2, .test = 2},
                                     {.system = "rnn", .length = 64, .validation = 1, .test = 1},
                                     {.system = "gru", .length = 64, .validation = 2.5, .test = 2.5}});
    REQUIRE(comparison.groups.size() == 4);
    const auto is = [&](std::size_t place, const char* system, std::int64_t length, std::size_t block) {
        CHECK(comparison.groups[place].by == std::vector<store::Value>{std::string(system), length});
        CHECK(comparison.groups[place].block == block);
    };
    is(0, "gru", 32, 0);
    is(1, "rnn", 32, 0);
    is(2, "rnn", 64, 1);
    is(3, "gru", 64, 1);
    CHECK(comparison.groups[0].difference.n == 0);
    CHECK(comparison.groups[1].difference.mean == 1.0);
    CHECK(comparison.groups[3].difference.mean == 1.5);
}

TEST_CASE_METHOD(Fixture, "differences are paired by seed, so that what a seed does to both cancels") {
    // Both vary by 1 over seeds; gru is lower by 0.1 for each.
    auto runs = over_seeds({{.system = "lstm", .validation = 2.0, .test = 2.0}}, {0, 1, 2});
    const auto gru = over_seeds({{.system = "gru", .validation = 1.9, .test = 1.9}}, {0, 1.01, 1.99});
    runs.insert(runs.end(), gru.begin(), gru.end());
    runs.push_back({.system = "lstm", .seed = 9, .validation = 50, .test = 50});  // a seed that gru lacks
    const auto comparison = compare(runs);
    const analysis::Group &leader = comparison.groups[0], &other = comparison.groups[1];
    CHECK(leader.by[0] == store::Value("gru"));
    CHECK(*leader.of.high > *other.of.low);  // intervals of the means overlap
    CHECK(other.difference.n == 3);
    CHECK(*other.difference.mean == Approx(0.1));
    CHECK(*other.difference.low == Approx(0.1 - 4.302653 * 0.01 / std::sqrt(3.0)).epsilon(1e-6));
    CHECK(leader.is_best);
    CHECK_FALSE(other.is_best);
}

TEST_CASE_METHOD(Fixture, "a best is marked only where its differences from all others hold together") {
    // d has mean 0.1, sd 0.03 over three seeds: the 95% interval excludes 0 (half width 0.0745), that for one of two
    // comparisons does not (t(0.9875, 2) = 6.2053, half width 0.1075).
    const std::vector<double> wide{-0.03, 0, 0.03};
    auto runs = over_seeds({{.system = "gru", .validation = 1.9, .test = 1.9}}, {0, 0, 0});
    const auto near = over_seeds({{.system = "lstm", .validation = 2.0, .test = 2.0}}, wide);
    runs.insert(runs.end(), near.begin(), near.end());
    CHECK(compare(runs).groups[0].is_best);

    fs::remove_all(file);
    const auto far = over_seeds({{.system = "rnn", .validation = 9.0, .test = 9.0}}, wide);
    runs.insert(runs.end(), far.begin(), far.end());
    const auto three = compare(runs);
    CHECK_FALSE(three.groups[0].is_best);
    CHECK(*three.groups[1].difference.low > 0);
}

TEST_CASE_METHOD(Fixture, "one seed, one group and equal means have no best") {
    CHECK_FALSE(compare(over_seeds({{.system = "gru", .validation = 1, .test = 1}}, {0, 1, 2})).groups[0].is_best);
    fs::remove_all(file);
    CHECK_FALSE(compare({{.system = "gru", .validation = 1, .test = 1}, {.system = "rnn", .validation = 5, .test = 5}})
                    .groups[0]
                    .is_best);
    fs::remove_all(file);
    CHECK_FALSE(compare(over_seeds({{.system = "gru", .validation = 1, .test = 1},
                                    {.system = "rnn", .validation = 1, .test = 1}},
                                   {0, 1, 2}))
                    .groups[0]
                    .is_best);
}

TEST_CASE_METHOD(Fixture, "where higher is better, the best is higher than all others") {
    experiment.goal = "max";
    const auto comparison = compare(over_seeds(
        {{.system = "gru", .validation = 1, .test = 1}, {.system = "rnn", .validation = 2, .test = 2}}, {0, 1, 2}));
    CHECK(comparison.groups[0].by[0] == store::Value("rnn"));
    CHECK(comparison.groups[0].is_best);
    CHECK(comparison.groups[1].difference.mean == -1.0);
}

TEST_CASE_METHOD(Fixture, "pooled axes pair trials too, unless they are what tells the groups apart") {
    experiment.by = {"system"};
    experiment.best = {};
    const std::vector<TunedRun> runs{{.system = "gru", .length = 32, .validation = 1, .test = 1},
                                     {.system = "gru", .length = 64, .validation = 3, .test = 3},
                                     {.system = "rnn", .length = 32, .validation = 1.5, .test = 1.5},
                                     {.system = "rnn", .length = 64, .validation = 3.7, .test = 3.7}};
    const auto by_system = compare(runs);
    CHECK(by_system.pooled == std::vector<std::string>{"training.sequence_length", "training.optimizer.learning_rate"});
    CHECK(by_system.groups[1].difference.n == 2);
    CHECK(*by_system.groups[1].difference.mean == Approx(0.6));

    Store store(file, Store::Mode::read);
    const auto by_cell = analysis::compare(store, {"tuned", {"cell"}, "", ""});
    CHECK(by_cell.groups[1].difference.n == 2);  // system is pooled here, and no system has two cells
}
