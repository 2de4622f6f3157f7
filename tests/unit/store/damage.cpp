// Stores that are damaged: told, never a crash; and what `unroll check` says of them.
#include <random>

#include "analysis/comparison.h"
#include "scratch.h"
#include "store/database.h"
#include "store/experiments.h"
#include "store/listing.h"
#include "store/merging.h"
#include "store/pruning.h"
#include "store/soundness.h"
#include "store/upkeep.h"
#include "unroll/sha256.h"

using namespace scratch;

namespace {

std::string content_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// A store with two finished trials of two checkpoints each, and one that is interrupted.
struct Fixture {
    Folder folder;
    const fs::path file = folder / "a.db";

    Fixture() {
        Store store(file, Store::Mode::write);
        plan(store, "cells", {a_trial("aaaa"), a_trial("bbbb", "gru"), a_trial("cccc", "rnn")});
        for (const char* trial : {"aaaa", "bbbb", "cccc"}) {
            write(store, [&](Store& s) { s.write(attempt_start(trial)); });
            for (std::uint64_t step = 1; step <= 100; ++step)
                write(store, [&](Store& s) {
                    s.write(trial, point(step, "train", "loss", 1.0 / double(step)));
                    s.write(trial, point(step, "validation", "loss", 2.0 / double(step)));
                    if (step % 50 == 0) s.write(trial, training::Samples{sample(step, 1, "some text")});
                });
            for (const std::uint64_t step : {50, 100}) {
                const std::string bytes = std::string(trial) + " weights " + std::to_string(step);
                const std::string path =
                    folder.write("a.db.d/" + std::string(trial) + "/" + std::to_string(step) + ".safetensors", bytes);
                write(store, [&](Store& s) {
                    s.write(trial, training::CheckpointSaved{{step, path, sha256(bytes), true, false}, 3});
                });
            }
            write(store, [&](Store& s) {
                s.write(end(trial, trial == std::string("cccc") ? trial::TrialStatus::interrupted
                                                                : trial::TrialStatus::finished));
            });
        }
    }

    std::string checkpoint(const std::string& name) { return "a.db.d/" + name + ".safetensors"; }

    /// What is found, help included, a finding a line.
    std::string found() {
        std::string text;
        for (const store::Finding& finding : store::check_soundness(file).findings)
            text += (finding.is_damage ? "" : "note: ") + finding.found + " | " + finding.help + "\n";
        return text;
    }
    bool is_whole() { return store::check_soundness(file).is_whole(); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a whole store is said to be whole, and counted") {
    const store::Soundness soundness = store::check_soundness(file);
    CHECK(soundness.findings.empty());
    CHECK(soundness.is_whole());
    CHECK(soundness.experiments == 1);
    CHECK(soundness.trials == 3);
    CHECK(soundness.samples == 6);
    CHECK(soundness.checkpoints == 6);
    CHECK(soundness.checkpoint_bytes > 6 * 10);
    CHECK_THAT(message_of([&] { store::check_soundness(folder / "none.db"); }), contains("no such file"));
    CHECK_THAT(message_of([&] { store::check_soundness(folder.path()); }), contains("not a file"));
}

TEST_CASE_METHOD(Fixture, "a checkpoint that is gone or changed is found, with what is to be done") {
    fs::remove(folder / checkpoint("aaaa/100"));
    CHECK_THAT(found(), contains("1 checkpoint missing: trial 1 (finished) step 100"));
    CHECK_THAT(found(), contains("another checkpoint of it is whole (--at STEP)"));
    folder.write(checkpoint("bbbb/50"), "bbbb weights 51");
    CHECK_THAT(found(), contains("1 checkpoint damaged: trial 2 (finished) step 50"));
    folder.write(checkpoint("cccc/100"), "");
    CHECK_THAT(found(), contains("1 checkpoint damaged: trial 3 (interrupted) step 100"));
    CHECK_THAT(found(), contains("run the manifest again: it goes on from the checkpoint before"));
    CHECK_FALSE(is_whole());
}

TEST_CASE_METHOD(Fixture, "rows without what they belong to, and trials without what they promise, are found") {
    {
        store::Database database(file, store::Database::Access::write);
        database.execute(
            "PRAGMA foreign_keys = OFF; DELETE FROM trial WHERE id = 2;"
            "UPDATE trial SET config = '{' WHERE id = 3; DELETE FROM point WHERE trial_id = 1");
    }
    CHECK_THAT(found(), contains("of point without trial"));
    CHECK_THAT(found(), contains("of sample without trial"));
    CHECK_THAT(found(), contains("trial 3 has settings that are no JSON"));
    CHECK_THAT(found(), contains("trial 1 is finished and has no losses"));
}

TEST_CASE_METHOD(Fixture, "missing pages, a foreign first page and an empty file are told") {
    const std::string whole = content_of(file);
    folder.write("a.db", whole.substr(0, whole.size() - 3 * 4096));
    CHECK_THAT(found(), contains("3 pages of"));
    CHECK_THAT(found(), contains("or try: sqlite3 "));
    folder.write("a.db", std::string(4096, 'x') + whole.substr(4096));
    CHECK_THAT(found(), contains("its first page is not that of an SQLite file"));
    folder.write("a.db", "");
    CHECK_THAT(found(), contains("an empty file"));
    CHECK_FALSE(is_whole());
}

TEST_CASE_METHOD(Fixture, "no damage makes a command crash, and none that matters goes unsaid") {
    const std::string whole = content_of(file);
    std::mt19937 random(7);
    int told = 0;
    constexpr int rounds = 60;
    for (int round = 0; round < rounds; ++round) {
        CAPTURE(round);
        std::string damaged = whole;
        if (round % 5 == 0) damaged.resize(random() % damaged.size());
        for (int flip = 0; flip < 1 + round % 20 && !damaged.empty(); ++flip)
            damaged[random() % damaged.size()] = char(random());
        if (round % 7 == 0 && damaged.size() > 8192)
            std::fill_n(damaged.begin() + std::ptrdiff_t(random() % (damaged.size() - 4096)), 4096, '\0');
        folder.write("a.db", damaged);
        const auto survive = [&](auto work) {
            try {
                work();
            } catch (const std::exception& error) {
                CHECK(std::string(error.what()) != "");
            }
        };
        const auto reading = [&](auto work) {
            survive([&] {
                Store store(file, Store::Mode::read);
                work(store);
            });
        };
        reading([](Store& store) { store::list_experiments(store); });
        reading([](Store& store) { store::list_trials(store, "cells"); });
        reading([](Store& store) { analysis::compare(store, {"cells", {}, {}, {}}); });
        reading([](Store& store) { store::find_trial(store, "1"); });
        reading([](Store& store) { store.states({"aaaa", "bbbb", "cccc"}); });
        reading([](Store& store) { store.samples("aaaa"); });
        reading(
            [](Store& store) { store::query(store, "SELECT * FROM curve JOIN sample USING (trial_id) LIMIT 999"); });
        survive([&] { told += !store::check_soundness(file).is_whole(); });
        survive([&] {
            Store into(folder / "into.db", Store::Mode::write);
            store::merge(into, file);
        });
        survive([&] {
            store::Upkeep upkeep(file);
            store::rename_experiment(upkeep.store(), "cells", "others");
        });
        for (const char* beside : {"a.db-journal", "a.db-wal", "a.db-shm", "into.db", "into.db-wal", "into.db-shm"})
            fs::remove(folder / beside);
        fs::remove_all(folder / "into.db.d");
    }
    CHECK(told > rounds / 2);
}
