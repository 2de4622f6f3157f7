// Sweeps: nothing twice, the same rows on any number of threads, trials that fail alone.
#include "sweep/sweep.h"

#include <algorithm>

#include "catch.h"
#include "small_sweep.h"

using namespace unroll;

namespace {

manifest::Override set(const std::string& text) {
    return manifest::parse_override(text);
}

sweep::Settings on(const TemporaryFolder& folder, Size jobs = 2) {
    sweep::Settings settings;
    settings.database = folder.path() / "results.db";
    settings.jobs = jobs;
    return settings;
}

/// Two trials, of which one has a cell that throws.
const std::string broken = R"({
    "name": "broken",
    "dataset":  { "plugin": "small-corpus" },
    "cell":     { "plugin": "small-positions", "hidden": 4 },
    "training": { "sequence_length": 6, "batch": 4, "steps": 12 },
    "sampling": false,
    "sweep":    { "cell.plugin": ["small-broken", "small-positions"] }
})";

}  // namespace

TEST_CASE("rows do not depend on the number of jobs") {
    StoredRows expected;
    for (const Size jobs : {1, 2, 8}) {
        const TemporaryFolder folder;
        SmallSweep small;
        const sweep::Summary summary = small.run(on(folder, jobs));
        CHECK(summary.trained == 8);
        CHECK(summary.done_before == 0);
        CHECK(summary.failed + summary.diverged + summary.interrupted == 0);
        CHECK(summary.samples == 8 * 16);
        CHECK(summary.notes.empty());
        const StoredRows found = all_rows(on(folder).database);
        if (expected.empty()) expected = found;
        CHECK(found == expected);
        if (jobs == 1) {
            // The most expensive first.
            for (Size i = 1; i < small.told.ended_order.size(); ++i)
                CHECK(small.workload[small.told.ended_order[i - 1]].cost >=
                      small.workload[small.told.ended_order[i]].cost);
        }
    }
    CHECK(expected.size() > 8 * 50);
}

TEST_CASE("idle threads help one large trial and change no bit") {
    StoredRows expected;
    for (const Size jobs : {1, 4}) {
        const TemporaryFolder folder;
        SmallSweep large({small_manifest},
                         {set("sweep.cell.hidden=[160]"), set("sweep.seed=[1]"), set("training.batch=24"),
                          set("training.steps=3"), set("training.windows=\"random\""), set("training.log_every=1")});
        CHECK(large.run(on(folder, jobs)).trained == 1);
        const StoredRows found = all_rows(on(folder).database);
        if (expected.empty()) expected = found;
        CHECK(found == expected);
    }
    CHECK(expected.size() > 10);
}

TEST_CASE("running again trains nothing, and other jobs make no other samples") {
    const TemporaryFolder folder;
    SmallSweep().run(on(folder));
    const StoredRows before = all_rows(on(folder).database);
    SmallSweep again;
    const sweep::Summary summary = again.run(on(folder, 1));
    CHECK(summary.trained == 0);
    CHECK(summary.done_before == 8);
    CHECK(summary.samples == 0);
    CHECK(again.told.to_train.empty());
    CHECK(again.told.to_sample.empty());
    CHECK(all_rows(on(folder).database) == before);
    CHECK(count(on(folder).database, "attempt") == 8);
    CHECK(!std::filesystem::exists(on(folder).database.string() + "-wal"));
}

TEST_CASE("a temperature that is added makes its samples and trains nothing") {
    const TemporaryFolder folder;
    SmallSweep({small_manifest}, {set("sampling.every=\"end\"")}).run(on(folder));
    const auto database = on(folder).database;
    const auto texts = [&](const std::string& where) {
        return rows(database, "SELECT trial_id, step, temperature, prompt_key, number, text FROM sample WHERE " +
                                  where + " ORDER BY 1, 2, 3, 4, 5");
    };
    const StoredRows before = texts("true");
    CHECK(before.size() == 8 * 8);
    SmallSweep more({small_manifest}, {set("sampling.every=\"end\""), set("sampling.temperature=[0.3, 0.5, 1.0]")});
    const sweep::Summary summary = more.run(on(folder));
    CHECK(summary.trained == 0);
    CHECK(summary.done_before == 8);
    CHECK(summary.samples == 8 * 4);
    CHECK(more.told.to_sample.size() == 8);
    CHECK(texts("temperature > 0.4") == before);
    CHECK(texts("temperature < 0.4").size() == 8 * 4);
    CHECK(count(database, "attempt") == 8);

    // The same as if it had been asked for at once.
    const TemporaryFolder other;
    SmallSweep({small_manifest}, {set("sampling.every=\"end\""), set("sampling.temperature=[0.3, 0.5, 1.0]")})
        .run(on(other));
    CHECK(all_rows(on(other).database) == all_rows(database));
}

TEST_CASE("a gradient by lag is measured on the way and at the end, and later from the checkpoints that are kept") {
    const TemporaryFolder folder, other;
    SmallSweep().run(on(folder));
    const auto measured = [](const sweep::Settings& settings) {
        return rows(settings.database, "SELECT trial_id, step, lag, norm FROM gradient ORDER BY 1, 2, 3");
    };
    CHECK(measured(on(folder)).size() == 8 * 2 * 6);
    CHECK(count(on(folder).database, "gradient WHERE norm > 0 AND lag BETWEEN 0 AND 5 AND step IN (10, 20)") == 96);

    SmallSweep({small_manifest}, {set("diagnostics.gradient=false")}).run(on(other));
    CHECK(measured(on(other)).empty());
    SmallSweep again;
    const sweep::Summary summary = again.run(on(other));
    CHECK(summary.trained == 0);
    CHECK(summary.done_before == 8);
    CHECK(summary.samples == 0);
    REQUIRE(summary.notes.size() == 1);  // checkpoints come every nine steps
    CHECK(summary.notes[0] ==
          "8 trials would have to train again for 8 gradients at steps without a kept checkpoint; --remeasure trains "
          "them again and keeps the other results: trial 1, 2, 3, 4, 5, 6, 7, 8");
    CHECK(measured(on(other)) ==
          rows(on(folder).database, "SELECT trial_id, step, lag, norm FROM gradient WHERE step = 20 ORDER BY 1, 2, 3"));
    CHECK(count(on(other).database, "attempt") == 8);

    SmallSweep nothing({small_manifest}, {set("diagnostics.gradient=\"end\"")});
    CHECK(nothing.run(on(other)).notes.empty());
    CHECK(nothing.told.to_sample.empty());
}

TEST_CASE("samples whose checkpoint is gone are told of") {
    const TemporaryFolder folder;
    SmallSweep({small_manifest}, {set("sampling=false"), set("sweep.seed=[1]")}).run(on(folder));
    SmallSweep more({small_manifest}, {set("sweep.seed=[1]")});
    const sweep::Summary summary = more.run(on(folder));
    CHECK(summary.trained == 0);
    CHECK(summary.samples == 2 * 8);
    REQUIRE(summary.notes.size() == 1);
    CHECK(summary.notes[0] ==
          "2 trials would have to train again for 16 samples at steps without a kept checkpoint; --remeasure trains "
          "them again and keeps the other results: trial 1, 2");
}

TEST_CASE("what is asked for at steps that an interrupted trial has passed is made as far as it can be") {
    const TemporaryFolder folder;
    const auto often = set("training.checkpoint_every=2"), one = set("sweep={}");
    {
        SmallSweep first({small_manifest}, {often, one, set("sampling=false"), set("diagnostics.gradient=false")});
        std::atomic<bool> stop{false};
        first.told.happened = [&](Size, std::uint64_t step) { stop = stop || step == 11; };
        CHECK(first.run(on(folder), stop).interrupted == 1);
    }
    SmallSweep more({small_manifest}, {often, one, set("sampling.every=2"), set("diagnostics.gradient=2")});
    const sweep::Summary summary = more.run(on(folder));
    CHECK(summary.failed == 0);
    CHECK(summary.trained == 1);
    CHECK(rows(on(folder).database, "SELECT status FROM trial") == StoredRows{{std::string("finished")}});
    CHECK(count(on(folder).database, "sample WHERE step BETWEEN 12 AND 20") == 5 * 8);
    CHECK(count(on(folder).database, "gradient WHERE step BETWEEN 12 AND 20 AND lag = 0") == 5);
    CHECK(count(on(folder).database, "sample WHERE step < 12 AND step NOT IN (SELECT step FROM checkpoint)") == 0);
}

TEST_CASE("every text gets its figures, also one that an earlier version has stored without them") {
    const TemporaryFolder folder;
    SmallSweep({small_manifest}, {set("sampling.length=80"), set("sampling.every=10")}).run(on(folder));
    const auto database = on(folder).database;
    CHECK(count(database, "sample") == 8 * 16);
    CHECK(count(database, "sample WHERE distinct_3 > 0 AND distinct_3 <= 1 AND repetition BETWEEN 0 AND 1") == 8 * 16);
    CHECK(count(database, "sample WHERE longest_copy BETWEEN 1 AND 80") == 8 * 16);
    CHECK(count(database, "sample WHERE known_word_rate IS NULL") == 8 * 16);  // letters without a blank between
    const StoredRows before = all_rows(database), ids = rows(database, "SELECT id, text FROM sample ORDER BY id");

    {
        store::Store earlier(database, store::Store::Mode::write);
        earlier.database().execute("UPDATE sample SET distinct_3 = NULL, repetition = NULL, longest_copy = NULL");
        earlier.database().execute("UPDATE trial SET status = 'diverged' WHERE id = 2");
        earlier.database().execute("DELETE FROM checkpoint");
    }
    SmallSweep again({small_manifest}, {set("sampling.length=80"), set("sampling.every=10")});
    const sweep::Summary summary = again.run(on(folder));
    CHECK(summary.trained == 0);
    CHECK(summary.samples == 0);
    CHECK(again.told.to_sample.size() == 8);
    REQUIRE(summary.notes.size() == 1);
    CHECK(summary.notes[0] == "quality measures were added to 128 samples of an earlier version");
    {
        store::Store whole(database, store::Store::Mode::write);
        whole.database().execute("UPDATE trial SET status = 'finished' WHERE id = 2");
    }
    CHECK(all_rows(database) == before);
    CHECK(rows(database, "SELECT id, text FROM sample ORDER BY id") == ids);
    CHECK(SmallSweep({small_manifest}, {set("sampling.length=80"), set("sampling.every=10")})
              .run(on(folder))
              .notes.empty());
}

TEST_CASE("two experiments share their trials") {
    const TemporaryFolder folder;
    SmallSweep().run(on(folder));
    std::string text = small_manifest;
    text.replace(text.find("\"small\""), 7, "\"other\"");
    text.replace(text.find("[1, 2, 3, 4]"), 12, "[3, 4, 5]");
    SmallSweep other({text});
    const sweep::Summary summary = other.run(on(folder));
    CHECK(summary.trained == 2);
    CHECK(summary.done_before == 4);
    CHECK(count(on(folder).database, "trial") == 10);
    CHECK(count(on(folder).database, "membership WHERE current") == 14);
}

TEST_CASE("a trial that throws fails alone, and is tried again on request") {
    const TemporaryFolder folder;
    SmallSweep first({broken});
    sweep::Summary summary = first.run(on(folder));
    CHECK(summary.failed == 1);
    CHECK(summary.trained == 1);
    const std::string error = "small-broken: a call\n  expected: no call at all\n  help: use another cell";
    CHECK(first.told.endings.at(0).error == error);
    const auto states = [&] {
        return rows(on(folder).database, "SELECT cell, status, error FROM trial ORDER BY cell");
    };
    CHECK(states() == StoredRows{{"small-broken", "failed", error}, {"small-positions", "finished", {}}});

    summary = SmallSweep({broken}).run(on(folder));
    CHECK(summary.failed == 1);
    CHECK(summary.done_before == 1);
    REQUIRE(summary.notes.size() == 1);
    CHECK(summary.notes[0].find("failed before: small-broken: a call") != std::string::npos);
    CHECK(summary.notes[0].find("--retry-failed") != std::string::npos);
    CHECK(count(on(folder).database, "attempt") == 2);

    auto retry = on(folder);
    retry.retry_failed = true;
    CHECK(SmallSweep({broken}).run(retry).failed == 1);
    CHECK(count(on(folder).database, "attempt") == 3);
}

TEST_CASE("the first failure ends the others on request") {
    const TemporaryFolder folder;
    auto settings = on(folder, 1);
    settings.fail_fast = true;
    SmallSweep small({broken}, {set("sweep.cell.hidden=[4]"), set("sweep.seed=[1, 2, 3]")});
    std::atomic<bool> stop{false};
    const sweep::Summary summary = small.run(settings, stop);
    CHECK(summary.failed == 1);
    CHECK(stop);
    CHECK(small.told.endings.size() < 6);
    CHECK(count(settings.database, "trial WHERE status = 'queued'") == std::int64_t(6 - small.told.endings.size()));
}

TEST_CASE("starting afresh forgets what is known of these trials alone") {
    const TemporaryFolder folder;
    SmallSweep().run(on(folder));
    const StoredRows before = all_rows(on(folder).database);
    auto fresh = on(folder);
    fresh.fresh = true;
    const sweep::Summary summary = SmallSweep({small_manifest}, {set("sweep.seed=[1]")}).run(fresh);
    CHECK(summary.trained == 2);
    CHECK(all_rows(on(folder).database) == before);
    CHECK(count(on(folder).database, "attempt") == 8);
}

TEST_CASE("a second runner is refused") {
    const TemporaryFolder folder;
    const store::RunnerLock first(on(folder).database);
    const std::string message = error_of([&] { SmallSweep().run(on(folder)); });
    CHECK(message.find("database in use by process " + std::to_string(getpid())) != std::string::npos);
    CHECK(std::filesystem::file_size(on(folder).database) == 0);  // the lock is on the file itself
}

TEST_CASE("what another build finished counts as done, what it began starts over") {
    const TemporaryFolder folder;
    SmallSweep().run(on(folder));
    const StoredRows before = all_rows(on(folder).database);
    {
        store::Store store(on(folder).database, store::Store::Mode::write);
        store.database().execute(
            "UPDATE attempt SET build = 'another'; UPDATE trial SET status = 'interrupted' WHERE id = 3");
        store.close();
    }
    SmallSweep again;
    const sweep::Summary summary = again.run(on(folder));
    CHECK(summary.trained == 1);
    CHECK(summary.done_before == 7);
    REQUIRE(summary.notes.size() == 1);
    CHECK(summary.notes[0] == "7 finished trials came from another build and count as done; --fresh runs them again");
    REQUIRE(again.told.from.size() == 1);
    CHECK(again.told.from.begin()->second == 0);
    CHECK(all_rows(on(folder).database) == before);
}

TEST_CASE("a sweep that was interrupted goes on to the same rows") {
    const TemporaryFolder whole;
    SmallSweep().run(on(whole));
    const StoredRows expected = all_rows(on(whole).database);
    for (const Size jobs : {1, 2}) {
        const TemporaryFolder folder;
        Size interrupted = 0, resumed = 0;
        for (Size attempt = 0; attempt < 50; ++attempt) {
            SmallSweep small;
            std::atomic<bool> stop{false};
            std::atomic<Size> left{13 + 9 * attempt};
            small.told.happened = [&](Size, std::uint64_t) {
                if (--left == 0) stop = true;
            };
            const sweep::Summary summary = small.run(on(folder, jobs), stop);
            CHECK(summary.failed == 0);
            interrupted += summary.interrupted;
            for (const auto& [index, step] : small.told.from) resumed += step > 0 && step < 20;
            if (!stop) break;
        }
        CHECK(interrupted > 1);
        CHECK(resumed > 1);
        CHECK(all_rows(on(folder).database) == expected);
    }
}

TEST_CASE("a damaged checkpoint costs its steps and no more") {
    const TemporaryFolder whole, folder;
    SmallSweep().run(on(whole));
    SmallSweep small;
    std::atomic<bool> stop{false};
    small.told.happened = [&](Size, std::uint64_t step) {
        if (step == 19) stop = true;
    };
    CHECK(small.run(on(folder, 1), stop).interrupted == 1);
    const auto checkpoints = rows(on(folder).database, "SELECT path, step FROM checkpoint ORDER BY step");
    REQUIRE(checkpoints.size() == 4);  // two that were due, the best evaluation's, and the interruption's
    CHECK(checkpoints.back()[1] == store::Value(std::int64_t(19)));
    const auto file = folder.path() / std::get<std::string>(checkpoints.back()[0]);
    REQUIRE(std::filesystem::exists(file));
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
    SmallSweep again;
    CHECK(again.run(on(folder, 1)).trained == 8);
    std::uint64_t most = 0;
    for (const auto& [index, step] : again.told.from) most = std::max(most, step);
    CHECK(most == 18);
    CHECK(all_rows(on(folder).database) == all_rows(on(whole).database));
}
