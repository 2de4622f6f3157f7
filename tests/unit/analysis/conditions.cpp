// Which trials are compared, and curves of more points than can be read.
#include "analysis/conditions.h"

#include "analysis/comparison.h"
#include "analysis/group_curves.h"
#include "tuned.h"

using namespace scratch;
using analysis::Condition;

namespace {

struct Tuned {
    Folder folder;
    const fs::path file = folder / "a.db";

    Tuned() {
        store::ExperimentRow experiment;
        experiment.metric = "validation/loss";
        experiment.by = {"system"};
        make_tuned(file,
                   over_seeds({{.system = "gru", .rate = 0.01, .validation = 2},
                               {.system = "rnn", .rate = 0.02, .validation = 3}},
                              {0, 0.01, 0.02}),
                   experiment);
    }

    std::size_t compared(const std::vector<Condition>& where) const {
        Store store(file, Store::Mode::read);
        std::size_t trials = 0;
        for (const auto& group : analysis::compare(store, {"tuned", {}, "", "", where}).groups)
            trials += group.trials.size();
        return trials;
    }
};

}  // namespace

TEST_CASE_METHOD(Tuned, "only trials that meet every condition are compared") {
    CHECK(compared({}) == 6);
    CHECK(compared({{"system", "gru"}}) == 3);
    CHECK(compared({{"system", "gru"}, {"seed", "2"}}) == 1);
    CHECK(compared({{"training.optimizer.learning_rate", "1e-2"}}) == 3);  // numbers are compared as numbers
    CHECK(compared({{"sequence_length", "64"}}) == 6);                     // a column of result
}

TEST_CASE_METHOD(Tuned, "a condition that nothing meets is refused with what there is") {
    CHECK_THAT(message_of([&] { compared({{"system", "lstm"}}); }), contains("one of: gru, rnn"));
    CHECK_THAT(message_of([&] { compared({{"sistem", "gru"}}); }), contains("no axis 'sistem'"));
    CHECK_THAT(message_of([&] {
                   compared({{"system", "gru"}, {"training.optimizer.learning_rate", "0.02"}});
               }),
               contains("no trial meets all conditions"));
}

TEST_CASE("a condition is an axis and a value") {
    CHECK(analysis::condition_in("cell.plugin=gru").name == "cell.plugin");
    CHECK(analysis::condition_in("a=b=c").value == "b=c");
    CHECK(analysis::condition_in("a=").value.empty());
    CHECK_THROWS_AS(analysis::condition_in("a"), Error);
    CHECK_THROWS_AS(analysis::condition_in("=a"), Error);
    CHECK(analysis::written(0.01) == "0.01");
    CHECK(analysis::written(std::int64_t{3}) == "3");
}

TEST_CASE_METHOD(Tuned, "a curve of too many points is read where its first trial has peaks, or at even steps") {
    {
        Store store(file, Store::Mode::write);
        store.begin();
        for (int trial = 0; trial < 6; ++trial)
            for (std::uint64_t step = 1; step <= 5000; ++step)
                store.write("trial" + std::to_string(trial),
                            point(step, "train", "loss", step == 1234 ? 50 : double(trial)));
        store.commit();
    }
    Store store(file, Store::Mode::read);
    const auto comparison = analysis::compare(store, {"tuned", {}, "", ""});
    const auto whole = analysis::group_curves(store, comparison, "train/loss");
    REQUIRE(whole.size() == 2);
    CHECK(whole[0].points.size() == 5000);
    CHECK(!whole[0].is_outline);
    for (const std::int64_t most : {24'000, 2000}) {
        INFO(most);
        const auto some = analysis::group_curves(store, comparison, "train/loss", most);
        CHECK(some[0].is_outline);
        CHECK(some[0].trials == 3);
        CHECK(some[0].points.size() <= 500);
        CHECK(some[0].points.size() >= 40);
        CHECK(some[0].points.front().step == 1);
        CHECK(some[0].points.back().step == 5000);
        bool has_peak = false;
        for (const auto& one : some[0].points) {
            CHECK(one.of.n == 3);
            CHECK(one.of.mean == whole[0].points[one.step - 1].of.mean);
            has_peak = has_peak || one.step == 1234;
        }
        CHECK(has_peak == (most == 24'000));
    }
}
