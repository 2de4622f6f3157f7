// Training a trial again: what it has stays until the new results are there.
#include "scratch.h"
#include "store/database.h"
#include "store/listing.h"
#include "store/removal.h"

using namespace scratch;
using trial::TrialStatus;

namespace {

/// A store with a finished trial of the experiment `first`, and another one that was never tried.
struct Fixture {
    const Folder folder;
    Store store{folder / "a.db", Store::Mode::write};

    Fixture() {
        plan(store, "first", {a_trial("aaaa"), a_trial("bbbb", "gru")});
        attempt(10, 1.5, "old");
    }

    void begin() {
        write(store, [](Store& to) { to.write(attempt_start("aaaa")); });
    }

    void record(std::uint64_t step, double loss, const std::string& text) {
        const fs::path file = store.checkpoint_folder("aaaa") / (std::to_string(step) + ".safetensors");
        fs::create_directories(file.parent_path());
        std::ofstream(file) << text;
        write(
            store, [&](Store& to) { to.write("aaaa", point(step, "validation", "loss", loss)); },
            [&](Store& to) { to.write("aaaa", training::Samples{sample(step, 0.5, text)}); },
            [&](Store& to) {
                to.write("aaaa", training::CheckpointSaved{{step, file, text, true, true}, 2});
            });
    }

    void finish(TrialStatus outcome) {
        store.begin();
        const auto obsolete = store.write(end("aaaa", outcome));
        store.commit();
        for (const fs::path& file : obsolete) fs::remove(file);
    }

    void attempt(std::uint64_t step, double loss, const std::string& text,
                 TrialStatus outcome = TrialStatus::finished) {
        begin();
        record(step, loss, text);
        finish(outcome);
    }

    std::string results() {
        return ask(store,
                   "SELECT trial_id, status, validation_loss, (SELECT group_concat(text) FROM sample WHERE"
                   " sample.trial_id = mine.trial_id), (SELECT count(*) FROM attempt WHERE attempt.trial_id ="
                   " mine.trial_id) FROM first AS mine WHERE fingerprint = 'aaaa'");
    }

    std::string text_of_checkpoint(Store& from) {
        const auto checkpoints = from.states({"aaaa"}).at("aaaa").checkpoints;
        std::string text;
        if (!checkpoints.empty()) std::ifstream(checkpoints.back().path) >> text;
        return text;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "while a trial is trained again its results stay, and are replaced when it ends") {
    store.renew("aaaa");
    CHECK(results() == "1 finished 1.5 old 1");
    CHECK(store.states({"aaaa"}).at("aaaa").status == TrialStatus::queued);
    CHECK(store.states({"aaaa"}).at("aaaa").id == 1);
    CHECK(store.samples("aaaa").empty());

    begin();
    record(10, 1.25, "new");
    CHECK(results() == "1 finished 1.5 old 1");
    CHECK(store.samples("aaaa").size() == 1);
    {
        Store reader(store.file(), Store::Mode::read);
        CHECK(text_of_checkpoint(reader) == "old");
        CHECK(reader.states({"aaaa"}).at("aaaa").status == TrialStatus::finished);
        CHECK(store::size_of(reader).trials == 2);
        CHECK(store::find_trial(reader, "aaaa").id == 1);
    }
    finish(TrialStatus::finished);
    CHECK(results() == "1 finished 1.25 new 1");
    CHECK(text_of_checkpoint(store) == "new");
    CHECK(ask(store, "SELECT count(*) FROM trial") == "2");
    CHECK(ask(store, "SELECT count(*) FROM checkpoint") == "1");
    CHECK(ask(store, "SELECT count(*) FROM trial_plugin WHERE trial_id = 1") == "2");
    CHECK(files_in(folder / "a.db.d").size() == 1);
    CHECK_FALSE(store.database().prepared("PRAGMA foreign_key_check").text());
}

TEST_CASE_METHOD(Fixture, "again and again, none of its files is in the way of the next") {
    for (const char* text : {"second", "third", "fourth"}) {
        store.renew("aaaa");
        attempt(10, 1, text);
        CHECK(text_of_checkpoint(store) == text);
        CHECK(files_in(folder / "a.db.d").size() == 1);
    }
}

TEST_CASE_METHOD(Fixture, "an attempt that fails or is interrupted replaces nothing, and goes on") {
    store.renew("aaaa");
    attempt(5, 2, "half", TrialStatus::interrupted);
    CHECK(results() == "1 finished 1.5 old 1");
    CHECK(store.states({"aaaa"}).at("aaaa").status == TrialStatus::interrupted);
    CHECK(text_of_checkpoint(store) == "half");
    write(store, [](Store& to) { to.write(attempt_start("aaaa", 5)); });
    record(10, 1, "whole");
    finish(TrialStatus::failed);
    CHECK(results() == "1 finished 1.5 old 1");

    store.renew("aaaa");  // from the beginning
    CHECK(store.states({"aaaa"}).at("aaaa").checkpoints.empty());
    attempt(10, 1, "last", TrialStatus::diverged);
    CHECK(results() == "1 diverged - last 1");
}

TEST_CASE_METHOD(Fixture, "a trial that was never tried has nothing to be kept, and is just queued") {
    store.renew("bbbb");
    CHECK(ask(store, "SELECT count(*) FROM trial") == "2");
    CHECK(store.states({"bbbb"}).at("bbbb").status == TrialStatus::queued);
    CHECK(store.checkpoint_folder("bbbb") == folder / "a.db.d/bbbb");
}

TEST_CASE_METHOD(Fixture, "an experiment is removed with what its trials have begun again") {
    store.renew("aaaa");
    attempt(5, 2, "half", TrialStatus::interrupted);
    store::remove(store, store::removal_of(store, {"first"}));
    CHECK(ask(store, "SELECT count(*) FROM trial") == "0");
    CHECK(files_in(folder / "a.db.d").empty());
}
