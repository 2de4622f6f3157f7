// Groups of trials as typed values: who is in them, which choice describes them, which one is best.
#include "analysis/comparison.h"

#include "cells.h"

using namespace scratch;
using Status = trial::TrialStatus;

namespace {

struct Fixture : Cells {
    analysis::Comparison compare(const analysis::ComparisonRequest& request) const {
        Store store(file, Store::Mode::read);
        return analysis::compare(store, request);
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a group has its trials, what became of them, and statistics of the finished ones") {
    make(three_systems);
    const auto comparison = compare({"cells", {}, "", ""});
    CHECK(comparison.metric == "validation/loss");
    CHECK(comparison.goal == "min");
    CHECK(comparison.by == std::vector<std::string>{"system"});
    CHECK(comparison.best.empty());
    CHECK(comparison.without_metric == 0);
    REQUIRE(comparison.groups.size() == 3);

    const analysis::Group& lstm = comparison.groups[0];
    CHECK(lstm.by == std::vector<store::Value>{std::string("lstm")});
    CHECK(lstm.of.n == 3);
    CHECK(lstm.of.mean == 2.5);
    CHECK_FALSE(lstm.is_best);  // one pair is no evidence
    REQUIRE(lstm.trials.size() == 3);
    CHECK(lstm.trials[1].id == 7);
    CHECK(lstm.trials[1].fingerprint == "trial6");
    CHECK(lstm.trials[1].seed == 2);
    CHECK(lstm.trials[1].status == Status::finished);
    CHECK(lstm.trials[1].value == 2.0);
    CHECK(lstm.trials[1].parameters == 1000);
    CHECK(lstm.trials[1].axes == R"({"system":"lstm","seed":2})");

    const analysis::Group& rnn = comparison.groups[1];
    CHECK(rnn.finished == 1);
    CHECK(rnn.unfinished == 2);
    CHECK(rnn.diverged == 1);
    CHECK(rnn.failed == 1);
    CHECK(rnn.of.n == 1);
    CHECK_FALSE(rnn.of.sd);
    CHECK_FALSE(rnn.is_best);
    CHECK_FALSE(rnn.trials[4].value);  // interrupted: its last value is not a final one

    CHECK_FALSE(comparison.groups[2].of.mean);
    CHECK_FALSE(comparison.groups[2].is_best);
}

TEST_CASE_METHOD(Fixture, "a goal that is asked for turns the order") {
    make({{"lstm", 0, 1, Status::finished, 2.0},
          {"gru", 0, 1, Status::finished, 2.0},
          {"rnn", 0, 1, Status::finished, 3.0}});
    CHECK(compare({"cells", {}, "", ""}).groups[0].by[0] == store::Value("lstm"));
    CHECK(compare({"cells", {}, "", "max"}).groups[0].by[0] == store::Value("rnn"));
}

TEST_CASE_METHOD(Fixture, "without a finished trial there is no best group and no metric to miss") {
    make({{"lstm", 0, 1, Status::queued, 0}});
    const auto groups = compare({"cells", {}, "validation/no-such-metric", ""}).groups;
    REQUIRE(groups.size() == 1);
    CHECK_FALSE(groups[0].is_best);
}

TEST_CASE_METHOD(Fixture, "the best choice describes its group") {
    make({{"attention", 2, 1, Status::finished, 1.9},
          {"attention", 2, 2, Status::finished, 1.7},
          {"attention", 4, 1, Status::finished, 1.0},  // lower, but one of its two diverged
          {"attention", 4, 2, Status::diverged, 9.0}},
         {"cell.heads"});
    const auto comparison = compare({"cells", {}, "", ""});
    CHECK(comparison.best == std::vector<std::string>{"cell.heads"});
    REQUIRE(comparison.groups.size() == 1);
    const analysis::Group& group = comparison.groups[0];
    CHECK(group.best_choice == std::vector<store::Value>{std::int64_t{2}});
    CHECK(group.chosen == std::vector<std::size_t>{0, 1});
    CHECK(group.trials.size() == 4);
    CHECK(group.fewest_parameters == 1200);
    CHECK(group.most_parameters == 1200);
    CHECK(group.of.mean == Approx(1.8));
    // An axis that is asked for is a group and no longer a choice.
    CHECK(compare({"cells", {"cell.heads"}, "", ""}).best.empty());
}

TEST_CASE_METHOD(Fixture, "another metric has a goal of its own, and finished trials may lack it") {
    make(three_systems);
    const auto comparison = compare({"cells", {}, "validation/accuracy", ""});
    CHECK(comparison.goal == "max");
    CHECK(comparison.without_metric == 3);
    CHECK(comparison.groups[0].of.mean == 0.5);
}

TEST_CASE_METHOD(Fixture, "of trials without a value none is the best choice") {
    make({{"attention", 2, 1, Status::failed, {}}, {"attention", 4, 1, Status::interrupted, {}}}, {"cell.heads"});
    const analysis::Comparison comparison = compare({"cells", {}, "", ""});
    REQUIRE(comparison.groups.size() == 1);
    CHECK(comparison.groups[0].best_choice == std::vector<store::Value>{store::Value()});
    CHECK(comparison.groups[0].of.n == 0);
}

TEST_CASE_METHOD(Fixture, "other numbers stand beside the metric: their means over the trials that are compared") {
    make(three_systems);
    const auto comparison = compare({"cells", {}, "", "", {}, {"parameters", "seed"}});
    CHECK(comparison.show == std::vector<std::string>{"parameters", "seed"});
    CHECK(comparison.groups[0].shown == std::vector<store::Value>{std::int64_t{1000}, 2.0});
    CHECK_THAT(message_of([&] { compare({"cells", {}, "", "", {}, {"status"}}); }), contains("a column of numbers"));
    CHECK_THAT(message_of([&] { compare({"cells", {}, "", "", {}, {"parametres"}}); }), contains("parameters"));
}

TEST_CASE_METHOD(Fixture, "what does not exist is an error with what does") {
    make(three_systems);
    CHECK_THAT(message_of([&] { compare({"cell", {}, "", ""}); }), contains("no experiment 'cell'"));
    CHECK_THAT(message_of([&] { compare({"cells", {"sytem"}, "", ""}); }), contains("did you mean \"system\"?"));
    CHECK_THAT(message_of([&] {
                   compare({"cells", {}, "validation/los", ""});
               }),
               contains("one of: validation/accuracy, validation/loss"));
    CHECK_THAT(message_of([&] { compare({"cells", {}, "loss", ""}); }), contains("SPLIT/NAME"));
}
