// Who runs next, and trials that are paused or ended by a scheduler while the others go on.
#include <algorithm>

#include "catch.h"
#include "small_sweep.h"
#include "sweep/agenda.h"
#include "sweep/execute.h"
#include "sweep/local_executor.h"
#include "sweep/scheduler.h"

using namespace unroll;
using training::Decision;

namespace {

sweep::Settings on(const TemporaryFolder& folder) {
    sweep::Settings settings;
    settings.database = folder.path() / "results.db";
    settings.jobs = 2;
    return settings;
}

/// The grid, but one trial gets another decision at the first value of its validation loss.
class Deciding final : public sweep::Scheduler {
public:
    Deciding(const sweep::Agenda& agenda, Size item, Decision decision)
        : grid_(agenda), item_(item), decision_(decision) {}
    std::optional<Size> next() override { return grid_.next(); }
    Decision report(Size item, const training::Point& point) override {
        const bool is_meant = item == item_ && point.split == Split::validation && point.name == "loss";
        return is_meant ? decision_ : Decision::go_on;
    }
    void ended(Size item, trial::TrialStatus status) override {
        const std::lock_guard lock(mutex_);
        endings[item] = status;
    }
    std::map<Size, trial::TrialStatus> endings;

private:
    sweep::GridScheduler grid_;
    const Size item_;
    const Decision decision_;
    std::mutex mutex_;
};

/// A store in which a small sweep is planned and nothing has run.
void plan_only(SmallSweep& small, const sweep::Settings& settings) {
    std::atomic<bool> stop{true};
    small.run(settings, stop);
}

sweep::Summary execute(SmallSweep& small, const sweep::Settings& settings, Size item, Decision decision) {
    plan_only(small, settings);
    store::Store store(settings.database, store::Store::Mode::write);
    const sweep::Agenda agenda = sweep::make_agenda(store, small.workload, small.catalog(), settings);
    REQUIRE(agenda.items.size() == 8);
    Deciding scheduler(agenda, item, decision);
    sweep::LocalExecutor executor(small.catalog(), small.datasets(), settings.jobs);
    sweep::Summary summary;
    std::atomic<bool> stop{false};
    store::Writer writer(store);
    sweep::execute(agenda, scheduler, executor, writer, small.told, settings.jobs, false, stop, summary);
    CHECK(scheduler.endings.size() == 8);
    return summary;
}

}  // namespace

TEST_CASE("the grid gives every item once, those to be trained and the most expensive first") {
    sweep::Agenda agenda;
    for (const auto& [cost, train] : {std::pair(1.0, true), std::pair(9.0, false), std::pair(3.0, true),
                                      std::pair(3.0, true), std::pair(2.0, false)}) {
        agenda.items.emplace_back();
        agenda.items.back().cost = cost;
        agenda.items.back().assignment.train = train;
    }
    sweep::GridScheduler grid(agenda);
    std::vector<Size> order;
    while (const auto item = grid.next()) order.push_back(*item);
    CHECK(order == std::vector<Size>{2, 3, 0, 1, 4});
    CHECK_FALSE(grid.next());
    CHECK(grid.report(0, {}) == Decision::go_on);
}

TEST_CASE("a trial that is paused stops alone, with a checkpoint, and goes on to the same rows") {
    const TemporaryFolder whole, folder;
    SmallSweep().run(on(whole));
    const StoredRows expected = all_rows(on(whole).database);

    SmallSweep first;
    const sweep::Summary summary = execute(first, on(folder), 3, Decision::pause);
    CHECK(summary.trained == 7);
    CHECK(summary.interrupted == 1);
    CHECK(count(on(folder).database, "trial WHERE status = 'interrupted' AND step BETWEEN 1 AND 19") == 1);
    CHECK(count(on(folder).database,
                "checkpoint JOIN trial ON trial.id = trial_id WHERE status = 'interrupted' AND checkpoint.step = "
                "trial.step") == 1);

    SmallSweep second;
    CHECK(second.run(on(folder)).trained == 1);
    REQUIRE(second.told.from.size() == 1);
    CHECK(second.told.from.begin()->second > 0);
    CHECK(all_rows(on(folder).database) == expected);
}

TEST_CASE("a trial that is ended finishes early, with its test loss, and is done") {
    const TemporaryFolder folder;
    SmallSweep first;
    const sweep::Summary summary = execute(first, on(folder), 3, Decision::end);
    CHECK(summary.trained == 8);
    CHECK(count(on(folder).database, "trial WHERE status = 'finished' AND step < 20 AND validation_loss > 0") == 1);
    CHECK(count(on(folder).database,
                "checkpoint JOIN trial ON trial.id = trial_id WHERE trial.step < 20 AND checkpoint.step = trial.step"
                " AND is_last") == 1);
    SmallSweep again;
    CHECK(again.run(on(folder)).done_before == 8);
    CHECK(again.told.to_train.empty());
}
