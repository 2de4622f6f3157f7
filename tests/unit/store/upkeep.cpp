// Listing, renaming and removing experiments.
#include "store/upkeep.h"
#include "scratch.h"
#include "store/database.h"
#include "store/listing.h"
#include "store/removal.h"

using namespace scratch;
using trial::TrialStatus;

namespace {

/// A finished trial with a loss, a text and a checkpoint of `bytes` bytes.
void finish(Store& store, const std::string& fingerprint, double loss, std::size_t bytes) {
    const fs::path folder = store::checkpoint_folder(store.file(), fingerprint);
    fs::create_directories(folder);
    const fs::path file = folder / "100.safetensors";
    std::ofstream(file) << std::string(bytes, '.');
    write(
        store, [&](Store& to) { to.write(attempt_start(fingerprint)); },
        [&](Store& to) { to.write(fingerprint, point(100, "validation", "loss", loss)); },
        [&](Store& to) { to.write(fingerprint, training::Samples{sample(100, 0.5, "text")}); },
        [&](Store& to) {
            to.write(fingerprint, training::CheckpointSaved{{100, file, "digest", true, true}, 2});
        },
        [&](Store& to) { to.write(end(fingerprint)); });
}

/// `first` has two trials, one of them finished and shared with `second`, and one that only an earlier manifest had.
void two_experiments(Store& store) {
    plan(store, "first", {a_trial("aaaa"), a_trial("bbbb", "gru"), a_trial("dddd", "rnn")});
    plan(store, "second", {a_trial("aaaa"), a_trial("cccc", "dense")});
    plan(store, "first", {a_trial("aaaa"), a_trial("bbbb", "gru")});
    finish(store, "aaaa", 1.5, 1000);
    finish(store, "dddd", 1.0, 200);
}

}  // namespace

TEST_CASE("a store lists its experiments with statuses, best value, last run and size") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    two_experiments(store);
    auto list = store::list_experiments(store);
    REQUIRE(list.size() == 2);
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    CHECK(list[0].name == "first");
    CHECK(list[0].trials == 2);
    CHECK(list[0].former == 1);
    CHECK(list[0].best == 1.5);  // what the manifest no longer asks for is not its best
    CHECK(list[0].bytes == 1200);
    REQUIRE(list[0].statuses.size() == 2);
    CHECK(list[0].statuses[0].status == TrialStatus::finished);
    CHECK(list[0].statuses[0].trials == 1);
    CHECK(list[0].last_run == ask(store, "SELECT max(heartbeat_at) FROM attempt"));
    CHECK(list[1].bytes == 1000);
    const store::StoreSize size = store::size_of(store);
    CHECK(size.trials == 4);
    CHECK(size.alone == 0);
    CHECK(size.checkpoints == 1200);
}

TEST_CASE("an experiment's trials are listed in its manifest's order, former ones last") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    two_experiments(store);
    const auto trials = store::list_trials(store, "first");
    REQUIRE(trials.size() == 3);
    CHECK(trials[0].fingerprint == "aaaa");
    CHECK(trials[0].value == 1.5);
    CHECK(trials[0].step == 100);
    CHECK(trials[0].bytes == 1000);
    CHECK(trials[1].status == TrialStatus::queued);
    CHECK_FALSE(trials[1].value);
    CHECK(trials[2].fingerprint == "dddd");
    CHECK_FALSE(trials[2].current);
    CHECK_THAT(message_of([&] { store::list_trials(store, "frist"); }), contains("did you mean \"first\"?"));
}

TEST_CASE("a renamed experiment keeps its trials and has a view of its new name") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    two_experiments(store);
    store::rename_experiment(store, "first", "of all cells");
    CHECK(ask(store, "SELECT fingerprint, system FROM \"of all cells\" ORDER BY place") == "aaaa lstm|bbbb gru");
    CHECK(ask(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'first'") == "0");
    store::rename_experiment(store, "second", "Second");
    CHECK(ask(store, "SELECT count(*) FROM \"Second\"") == "2");

    CHECK_THAT(message_of([&] { store::rename_experiment(store, "frist", "new"); }), contains("no experiment 'frist'"));
    CHECK_THAT(message_of([&] { store::rename_experiment(store, "Second", "of all cells"); }),
               contains("another experiment has"));
    CHECK_THAT(message_of([&] { store::rename_experiment(store, "Second", "result"); }), contains("'result'"));
    CHECK_THAT(message_of([&] { store::rename_experiment(store, "Second", "OF all cells"); }), contains("case only"));
    CHECK_THAT(message_of([&] { store::rename_experiment(store, "Second", ""); }), contains("an empty name"));
    CHECK_THAT(message_of([&] { store::rename_experiment(store, "Second", "Second"); }), contains("already"));
}

TEST_CASE("what is removed takes its own trials along, and none that another experiment has") {
    const Folder folder;
    const fs::path file = folder / "a.db";
    Store store(file, Store::Mode::write);
    two_experiments(store);
    const store::Removal removal = store::removal_of(store, {"first", "first"});
    CHECK(removal.experiments == std::vector<std::string>{"first"});
    CHECK(removal.trials.size() == 2);
    CHECK(removal.finished == 1);
    CHECK(removal.samples == 1);
    CHECK(removal.checkpoints == 1);
    CHECK(removal.bytes == 200);
    CHECK(removal.shared == 1);
    CHECK(removal.others == std::vector<std::string>{"second"});
    CHECK(ask(store, "SELECT count(*) FROM trial") == "4");  // so far nothing is done

    store::remove(store, removal);
    CHECK(ask(store, "SELECT name FROM experiment") == "second");
    CHECK(ask(store, "SELECT fingerprint FROM trial ORDER BY 1") == "aaaa|cccc");
    CHECK(ask(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'first'") == "0");
    CHECK(ask(store, "SELECT count(*) FROM point") == "1");
    CHECK(ask(store, "PRAGMA integrity_check") == "ok");
    CHECK_FALSE(store.database().prepared("PRAGMA foreign_key_check").text());
    CHECK(fs::exists(store::checkpoint_folder(file, "aaaa") / "100.safetensors"));
    CHECK_FALSE(fs::exists(store::checkpoint_folder(file, "dddd")));
    CHECK_THAT(message_of([&] { store::removal_of(store, {"second", "thrid"}); }), contains("no experiment 'thrid'"));
}

TEST_CASE("both experiments together leave nothing of a trial that they share") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    two_experiments(store);
    const store::Removal removal = store::removal_of(store, {"first", "second"});
    CHECK(removal.trials.size() == 4);
    CHECK(removal.shared == 0);
    store::remove(store, removal);
    CHECK(ask(store,
              "SELECT (SELECT count(*) FROM trial) + (SELECT count(*) FROM point) + (SELECT count(*) FROM"
              " checkpoint) + (SELECT count(*) FROM sample) + (SELECT count(*) FROM membership)") == "0");
}

TEST_CASE("judgements by a trial that goes are counted, and go") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    plan(store, "pictures", {a_trial("aaaa")});
    plan(store, "judges", {a_trial("bbbb", "dense")});
    write(store, [](Store& to) { to.write("aaaa", training::ImageJudgement{100, "bbbb", {}}); });
    const store::Removal removal = store::removal_of(store, {"judges"});
    CHECK(removal.judgements == 1);
    store::remove(store, removal);
    CHECK(ask(store, "SELECT count(*) FROM judgement") == "0");
    CHECK(ask(store, "SELECT name FROM experiment") == "pictures");
}

TEST_CASE("upkeep is of a store that exists and that nobody else changes") {
    const Folder folder;
    CHECK_THAT(message_of([&] { store::Upkeep(folder / "none.db"); }), contains("no such file"));
    CHECK(files_in(folder.path()).empty());
    Store(folder / "a.db", Store::Mode::write).close();
    const store::RunnerLock run(folder / "a.db");
    CHECK_THAT(message_of([&] { store::Upkeep(folder / "a.db"); }), contains("database in use by process"));
}

TEST_CASE("checkpoints are found after the database and their folder were renamed") {
    const Folder folder;
    {
        Store store(folder / "a.db", Store::Mode::write);
        plan(store, "first", {a_trial("aaaa")});
        finish(store, "aaaa", 1.5, 10);
    }
    fs::rename(folder / "a.db", folder / "b.db");
    const auto path = [&] {
        Store store(folder / "b.db", Store::Mode::read);
        return store.states({"aaaa"}).at("aaaa").checkpoints.at(0).path;
    };
    CHECK(path() == folder / "a.db.d/aaaa/100.safetensors");
    fs::rename(folder / "a.db.d", folder / "b.db.d");
    CHECK(path() == folder / "b.db.d/aaaa/100.safetensors");
}
