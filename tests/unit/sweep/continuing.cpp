// Nothing twice: what a trained trial lacks is measured, more steps go on.
#include "catch.h"
#include "small_sweep.h"

using namespace unroll;

namespace {

manifest::Override set(const std::string& text) {
    return manifest::parse_override(text);
}

sweep::Settings on(const TemporaryFolder& folder) {
    sweep::Settings settings;
    settings.database = folder.path() / "results.db";
    settings.jobs = 2;
    return settings;
}

sweep::Settings remeasuring(const TemporaryFolder& folder) {
    sweep::Settings settings = on(folder);
    settings.remeasure = true;
    return settings;
}

const auto two = set("sweep.seed=[1]");

/// A sweep of two trials with these settings besides.
SmallSweep small_with(std::vector<manifest::Override> overrides) {
    overrides.push_back(two);
    return SmallSweep({small_manifest}, overrides);
}

StoredRows evaluations(const TemporaryFolder& folder) {
    return rows(on(folder).database,
                "SELECT trial_id, split, name, step, value FROM metric WHERE split <> 'train' ORDER BY 1, 2, 3, 4");
}

}  // namespace

TEST_CASE("evaluations that are added are measured from the checkpoints that are kept") {
    const TemporaryFolder folder, whole;
    const auto kept = set("training.keep_checkpoints=20"), every_two = set("training.checkpoint_every=2");
    small_with({kept, every_two, set("training.evaluate_every=\"end\"")}).run(on(folder));
    SmallSweep more = small_with({kept, every_two, set("training.evaluate_every=4")});
    const sweep::Summary summary = more.run(on(folder));
    CHECK(summary.trained == 0);
    CHECK(summary.done_before == 2);
    CHECK(summary.notes == std::vector<std::string>{"8 evaluations of trained trials are made from kept checkpoints"});
    small_with({kept, every_two, set("training.evaluate_every=4")}).run(on(whole));
    CHECK(evaluations(folder) == evaluations(whole));
    CHECK(all_rows(on(folder).database) == all_rows(on(whole).database));
    CHECK(rows(on(folder).database, "SELECT trial_id, step, is_best FROM checkpoint ORDER BY 1, 2") ==
          rows(on(whole).database, "SELECT trial_id, step, is_best FROM checkpoint ORDER BY 1, 2"));
    CHECK(small_with({kept, every_two, set("training.evaluate_every=4")}).run(on(folder)).notes.empty());
    CHECK(count(on(folder).database, "trial") == 2);
    CHECK(count(on(folder).database, "attempt") == 2);
}

TEST_CASE("what no checkpoint can give is told, and trained for on request, beside what there is") {
    const TemporaryFolder folder, whole;
    small_with({set("training.evaluate_every=\"end\"")}).run(on(folder));
    const StoredRows texts = rows(on(folder).database, "SELECT trial_id, step, text FROM sample ORDER BY 1, 2, id");
    const auto often = set("training.evaluate_every=4"), fewer = set("sampling.temperature=[0.5]"),
               logged = set("training.log_every=1");
    const sweep::Summary told = small_with({often, fewer, logged}).run(on(folder));
    CHECK(told.trained == 0);
    REQUIRE(told.notes.size() == 1);
    CHECK(told.notes[0].find("2 trials would have to train again for 8 evaluations at steps without a kept checkpoint, "
                             "2 finer training curves; --remeasure trains them again") == 0);

    SmallSweep again = small_with({often, fewer, logged});
    const sweep::Summary summary = again.run(remeasuring(folder));
    CHECK(summary.trained == 2);
    CHECK(summary.done_before == 0);
    CHECK(count(on(folder).database, "trial") == 2);
    small_with({often, logged}).run(on(whole));
    CHECK(evaluations(folder) == evaluations(whole));
    CHECK(rows(on(folder).database, "SELECT trial_id, step, text FROM sample ORDER BY 1, 2, temperature, id").size() ==
          texts.size());
    CHECK(count(on(folder).database, "metric WHERE split = 'train' AND name = 'loss'") == 2 * 20);
    CHECK(rows(on(folder).database, "SELECT train_loss, validation_loss, test_loss FROM trial ORDER BY id") ==
          rows(on(whole).database, "SELECT train_loss, validation_loss, test_loss FROM trial ORDER BY id"));
    CHECK(small_with({often, fewer, logged}).run(remeasuring(folder)).trained == 0);
}

TEST_CASE("more checkpoints of a finished trial are told, and trained for on request") {
    const TemporaryFolder folder;
    const auto checkpoints = [&] {
        return rows(on(folder).database, "SELECT step FROM checkpoint WHERE trial_id = 1 AND is_scheduled").size();
    };
    small_with({}).run(on(folder));
    CHECK(checkpoints() == 2);  // of steps 18 and 20; that of 16 is there as the best
    const auto kept = set("training.keep_checkpoints=7"), every_two = set("training.checkpoint_every=2");
    const sweep::Summary told = small_with({kept, every_two}).run(on(folder));
    CHECK(told.trained == 0);
    CHECK(told.notes ==
          std::vector<std::string>{"2 trials would have to train again for 8 more checkpoints; --remeasure trains them "
                                   "again and keeps the other results: trial 1, 2"});
    CHECK(small_with({every_two}).run(on(folder)).notes.empty());  // the two newest are there
    CHECK(small_with({set("training.checkpoint_every=5")}).run(on(folder)).notes.size() == 1);
    // What was asked for from the start and is gone was pruned; evaluations ask for no checkpoint.
    CHECK(small_with({set("training.keep_checkpoints=1")}).run(on(folder)).notes.empty());

    CHECK(small_with({kept, every_two}).run(remeasuring(folder)).trained == 2);
    CHECK(checkpoints() == 7);
    CHECK(small_with({kept, every_two}).run(on(folder)).notes.empty());
}

TEST_CASE("a trial of two experiments is trained with the settings of the first, which is told") {
    std::string other = small_manifest;
    other.replace(other.find("\"small\""), 7, "\"other\"");
    other.replace(other.find("\"log_every\": 3"), 14, "\"log_every\": 1, \"keep_checkpoints\": 5");
    const TemporaryFolder folder;
    SmallSweep both({small_manifest, other}, {set("sweep.seed=[1, 2]"), set("cell.layers=1")});
    CHECK(both.run(on(folder)).notes ==
          std::vector<std::string>{"4 trials that several of these experiments ask for are trained with the "
                                   "training.keep_checkpoints, training.log_every of the first one"});
    SmallSweep again({small_manifest, other}, {set("sweep.seed=[1, 2]"), set("cell.layers=1")});
    CHECK(again.run(on(folder)).notes.empty());
}

TEST_CASE("what is due in 10^9 steps is never gathered") {
    const TemporaryFolder folder;
    SmallSweep small({small_manifest}, {set("training.steps=1000000000"), set("training.evaluate_every=2"),
                                        set("sampling.every=2"), set("diagnostics.gradient=2"), set("sweep={}")});
    std::atomic<bool> stop{true};
    const sweep::Summary summary = small.run(on(folder), stop);
    CHECK(summary.notes.empty());
    CHECK(count(on(folder).database, "trial WHERE status IN ('queued', 'interrupted')") == 1);
}

TEST_CASE("a remeasured trial that is interrupted keeps its results, and the next run ends it") {
    const TemporaryFolder folder;
    small_with({set("training.evaluate_every=\"end\"")}).run(on(folder));
    const auto often = set("training.evaluate_every=4"), fewer = set("sampling.temperature=[0.5]");
    SmallSweep stopped = small_with({often, fewer});
    std::atomic<bool> stop{false};
    stopped.told.happened = [&](Size, std::uint64_t step) { stop = stop || step == 11; };
    stopped.run(remeasuring(folder), stop);
    CHECK(count(on(folder).database, "result WHERE status = 'finished'") == 2);
    CHECK(count(on(folder).database, "sample JOIN trial ON trial.id = trial_id WHERE fingerprint NOT LIKE '%fresh'") ==
          2 * 16);
    const sweep::Summary summary = small_with({often, fewer}).run(on(folder));
    CHECK(summary.trained == 2);
    CHECK(count(on(folder).database, "trial") == 2);
    CHECK(count(on(folder).database, "sample") == 2 * 16);
    CHECK(count(on(folder).database, "metric WHERE split = 'validation' AND name = 'loss'") == 2 * 5);
}

TEST_CASE("more steps go on where a finished trial has ended") {
    const TemporaryFolder folder, whole;
    const auto shorter = set("training.steps=16"), longer = set("training.steps=40");
    small_with({shorter}).run(on(folder));
    SmallSweep more = small_with({longer});
    const sweep::Summary summary = more.run(on(folder));
    CHECK(summary.trained == 2);
    REQUIRE(summary.notes.size() == 1);
    CHECK(summary.notes[0].find("2 trials go on from the last checkpoint of a shorter or longer one: trial ") == 0);
    for (const auto& [index, step] : more.told.from) CHECK(step == 16);
    small_with({longer}).run(on(whole));
    {
        store::Store store(on(folder).database, store::Store::Mode::write);
        CHECK(count(on(folder).database, "attempt WHERE continues IS NOT NULL AND from_step = 16") == 2);
        store.database().execute("DELETE FROM membership");
        for (const char* table :
             {"point", "sample", "loss_by_position", "gradient", "checkpoint", "attempt", "trial_plugin", "judgement"})
            store.database().execute(std::string("DELETE FROM ") + table +
                                     " WHERE trial_id IN (SELECT id FROM trial WHERE steps = 16)");
        store.database().execute("DELETE FROM trial WHERE steps = 16");
    }
    CHECK(all_rows(on(folder).database) == all_rows(on(whole).database));
}

TEST_CASE("fewer steps are there already when a longer trial has kept its checkpoint there") {
    const TemporaryFolder folder, whole;
    const auto kept = set("training.keep_checkpoints=20"), every_four = set("training.checkpoint_every=4");
    small_with({kept, every_four}).run(on(folder));
    SmallSweep fewer = small_with({kept, every_four, set("training.steps=12")});
    fewer.run(on(folder));
    for (const auto& [index, step] : fewer.told.from) CHECK(step == 12);
    small_with({kept, every_four, set("training.steps=12")}).run(on(whole));
    const std::string losses =
        "SELECT seed, hidden, step, train_loss, validation_loss, test_loss FROM trial WHERE steps = 12 ORDER BY 1, 2";
    CHECK(rows(on(folder).database, losses) == rows(on(whole).database, losses));
}

TEST_CASE("a schedule that depends on the length starts over and says so") {
    const TemporaryFolder folder;
    const auto cosine = set("training.schedule={\"name\": \"cosine\"}");
    small_with({cosine}).run(on(folder));
    SmallSweep more = small_with({cosine, set("training.steps=24")});
    const sweep::Summary summary = more.run(on(folder));
    REQUIRE(summary.notes.size() == 1);
    CHECK(summary.notes[0] ==
          "2 trials cannot go on from a shorter one, as the learning rate of schedule \"cosine\" depends on the number "
          "of steps: training starts at step 0");
    for (const auto& [index, step] : more.told.from) CHECK(step == 0);
}

TEST_CASE("another build starts over, and a damaged checkpoint gives way to the one before") {
    const TemporaryFolder folder;
    small_with({set("training.steps=16")}).run(on(folder));
    {
        store::Store store(on(folder).database, store::Store::Mode::write);
        store.database().execute("UPDATE attempt SET build = 'another' WHERE trial_id = 1");
        store.close();
    }
    const auto file = std::get<std::string>(
        rows(on(folder).database, "SELECT path FROM checkpoint WHERE trial_id = 2 AND is_last").at(0).at(0));
    std::filesystem::resize_file(folder.path() / file, 100);
    SmallSweep more = small_with({set("training.steps=24")});
    const sweep::Summary summary = more.run(on(folder));
    CHECK(summary.trained == 2);
    CHECK(more.told.from == std::map<Size, std::uint64_t>{{0, 0}, {1, 9}});
    CHECK(std::count_if(summary.notes.begin(), summary.notes.end(), [](const std::string& note) {
              return note.find("trial 2: its checkpoint of step 16 cannot be used") == 0;
          }) == 1);
    CHECK(
        std::count(summary.notes.begin(), summary.notes.end(),
                   "1 trial could go on from a shorter one, but that came from another build: training starts at step "
                   "0") == 1);
}
