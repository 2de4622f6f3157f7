// Trials that an earlier version stored get today's fingerprint, and become one where two are the same by it.
#include "scratch.h"
#include "store/database.h"

using namespace scratch;

namespace {

constexpr auto writing = Store::Mode::write;

/// A checkpoint's file and its record.
training::CheckpointSaved saved(Store& store, const std::string& fingerprint, std::uint64_t step) {
    const fs::path path = store::checkpoint_folder(store.file(), fingerprint) / (std::to_string(step) + ".safetensors");
    fs::create_directories(path.parent_path());
    std::ofstream(path) << fingerprint << step;
    return {{step, path, "digest", true, false}, 5};
}

void forget_identities(Store& store) {
    store.database().execute("UPDATE trial SET identity = NULL, trajectory = NULL");
}

/// A trial that was trained to step 100, with a loss and a checkpoint at each of the steps.
void train(Store& store, const std::string& fingerprint, const std::string& build,
           const std::vector<std::uint64_t>& steps) {
    write(store, [&](Store& to) {
        store::AttemptStart attempt = attempt_start(fingerprint);
        attempt.build = build;
        to.write(attempt);
        for (const std::uint64_t step : steps) {
            to.write(fingerprint, point(step, "validation", "loss", 3.0 - double(step) / 100));
            to.write(fingerprint, training::Samples{sample(step, 0.5, "text of " + fingerprint)});
            to.write(fingerprint, saved(store, fingerprint, step));
        }
        to.write(end(fingerprint));
    });
}

}  // namespace

TEST_CASE("a trial of an earlier version gets its new fingerprint, and its checkpoints their new folder") {
    const Folder folder;
    Store store(folder / "a.db", writing);
    plan(store, "cells", {a_trial("aaaa")});
    train(store, "aaaa", "build 1", {50, 100});
    CHECK(store.earlier_trials().empty());
    forget_identities(store);
    REQUIRE(store.earlier_trials().size() == 1);
    store.identify("aaaa", {"bbbb", "{}", "tttt"});
    CHECK(store.earlier_trials().empty());
    CHECK(ask(store, "SELECT fingerprint, identity, trajectory, status, validation_loss FROM cells") ==
          "bbbb {} tttt finished 2");
    CHECK(ask(store, "SELECT path FROM checkpoint ORDER BY step") ==
          "a.db.d/bbbb/50.safetensors|a.db.d/bbbb/100.safetensors");
    CHECK(files_in(folder / "a.db.d") == std::vector<std::string>{"bbbb"});
    CHECK(files_in(folder / "a.db.d/bbbb").size() == 2);
}

TEST_CASE("two trials that become one have what either had measured, and both experiments") {
    const Folder folder;
    Store store(folder / "a.db", writing);
    plan(store, "rare", {a_trial("aaaa")});
    plan(store, "often", {a_trial("bbbb")});
    plan(store, "both", {a_trial("aaaa"), a_trial("bbbb")});
    train(store, "aaaa", "build 1", {50, 100});
    train(store, "bbbb", "build 1", {25, 75, 100});
    forget_identities(store);
    store.identify("aaaa", {"cccc", "{}", "tttt"});
    store.identify("bbbb", {"cccc", "{}", "tttt"});
    CHECK(ask(store, "SELECT fingerprint FROM trial") == "cccc");
    for (const char* name : {"rare", "often", "both"})
        CHECK(ask(store, std::string("SELECT fingerprint, validation_loss, best_step FROM ") + name) == "cccc 2 100");
    CHECK(ask(store, "SELECT group_concat(step) FROM (SELECT step FROM point ORDER BY step)") == "25,50,75,100");
    CHECK(ask(store, "SELECT count(*) FROM sample") == "4");
    CHECK(ask(store, "SELECT group_concat(number) FROM attempt") == "1,2");
    CHECK(ask(store, "SELECT path, is_last FROM checkpoint ORDER BY step") ==
          "a.db.d/cccc/25.safetensors 0|a.db.d/cccc/50.safetensors 0|a.db.d/cccc/75.safetensors 0|"
          "a.db.d/cccc/100.safetensors 1");
    CHECK(files_in(folder / "a.db.d/cccc").size() == 4);
    CHECK_FALSE(store.database().prepared("PRAGMA foreign_key_check").text());
}

TEST_CASE("of two trials that become one, the finished one stays; results of two builds are not mixed") {
    const Folder folder;
    for (const bool same_build : {true, false}) {
        Store store(folder / (same_build ? "a.db" : "b.db"), writing);
        plan(store, "cells", {a_trial("aaaa"), a_trial("bbbb")});
        train(store, "bbbb", same_build ? "build 1" : "build 2", {100});
        write(store, [&](Store& to) {
            to.write(attempt_start("aaaa"));
            to.write("aaaa", point(10, "validation", "loss", 9));
            to.write(end("aaaa", trial::TrialStatus::interrupted, 10));
        });
        forget_identities(store);
        store.identify("aaaa", {"cccc", "{}", "tttt"});
        store.identify("bbbb", {"cccc", "{}", "tttt"});
        CHECK(ask(store, "SELECT fingerprint, status FROM cells") == "cccc finished");
        CHECK(ask(store, "SELECT count(*) FROM point JOIN trial ON trial.id = trial_id WHERE fingerprint = 'cccc'") ==
              (same_build ? "2" : "1"));
        CHECK(ask(store, "SELECT count(*) FROM point") == "2");
        CHECK(store.earlier_trials().empty());
    }
}
