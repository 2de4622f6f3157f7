// A store that is looked at while others make, change and replace it; how far its trials are.
#include "store/followed.h"

#include "scratch.h"
#include "store/attempts.h"
#include "store/progress.h"

using namespace scratch;

namespace {

void make(const fs::path& file, const std::string& experiment) {
    Store store(file, Store::Mode::write);
    plan(store, experiment, {a_trial("one"), a_trial("two", "gru")});
}

}  // namespace

TEST_CASE("a store is followed from before it is there, through changes, to another in its place") {
    const Folder folder;
    const fs::path file = folder / "a.db";
    store::Followed followed(file);
    CHECK(followed.now() == nullptr);
    const auto none = followed.revision();
    make(file, "first");
    CHECK(followed.revision() != none);
    REQUIRE(followed.now() != nullptr);
    CHECK(store::has_experiment(*followed.now(), "first"));

    const auto before = followed.revision();
    CHECK(followed.revision() == before);
    {
        Store writer(file, Store::Mode::write);
        write(writer, [](Store& store) { store.write(attempt_start("one")); });
        CHECK(followed.revision() != before);
    }
    make(folder / "b.db", "second");
    fs::rename(folder / "b.db", file);
    CHECK(store::has_experiment(*followed.now(), "second"));
    fs::remove(file);
    CHECK(followed.now() == nullptr);
    std::ofstream(file) << "no database, but long enough to be taken for one at first sight\n";
    CHECK_THROWS_AS(followed.now(), Error);
}

TEST_CASE("who follows keeps nobody waiting") {
    const Folder folder;
    const fs::path file = folder / "a.db";
    make(file, "first");
    store::Followed followed(file);
    REQUIRE(followed.now() != nullptr);
    followed.revision();
    store::progress_of(*followed.now(), "first");
    Store writer(file, Store::Mode::write);
    write(writer, [](Store& store) { store.write(attempt_start("one")); });
    CHECK(ask(writer, "SELECT count(*) FROM attempt") == "1");
    followed.close();
    CHECK(writer.close());  // takes the WAL in: no reader holds it
}

TEST_CASE("progress tells statuses, and of running trials the step and the loss") {
    const Folder folder;
    const fs::path file = folder / "a.db";
    make(file, "first");
    Store writer(file, Store::Mode::write);
    write(writer, [](Store& store) {
        store.write(attempt_start("one"));
        store.write("one", point(20, "train", "loss", 2.5));
        store.write("one", point(30, "train", "loss", 2.25));
        store.write("one", point(25, "validation", "loss", 3));
    });
    const store::Progress progress = store::progress_of(writer, "first");
    REQUIRE(progress.running.size() == 1);
    CHECK(progress.running[0].step == 30);
    CHECK(progress.running[0].steps == 100);
    CHECK(progress.running[0].loss == 2.25);
    CHECK(!progress.running[0].is_silent);
    CHECK(progress.last_end.empty());

    const store::TrialMark before = store::mark_of(writer, progress.running[0].id);
    CHECK(before.step == 30);
    CHECK(before.attempts == 1);
    write(writer, [](Store& store) { store.write("one", std::vector{sample(30, 0.5, "text")}); });
    CHECK(store::mark_of(writer, progress.running[0].id).last_sample > before.last_sample);
    CHECK_THROWS_AS(store::mark_of(writer, 77), Error);

    write(writer, [](Store& store) { store.write(end("one")); });
    const auto trials = store::trials_with_progress(writer, store::find_experiment(writer, "first"), 10);
    REQUIRE(trials.size() == 2);
    CHECK(trials[0].status == trial::TrialStatus::finished);
    CHECK(trials[0].value == 3);
    CHECK(trials[1].status == trial::TrialStatus::queued);
    CHECK(store::trials_with_progress(writer, store::find_experiment(writer, "first"), 1).size() == 1);
    CHECK(store::memberships_of(writer, trials[0].id).at(0).experiment == "first");
}

TEST_CASE("attempts tell their causes and the limit that was met") {
    const Folder folder;
    make(folder / "a.db", "first");
    Store writer(folder / "a.db", Store::Mode::write);
    auto failed = end("one", trial::TrialStatus::failed, 40);
    failed.error = "too much";
    failed.cause = trial::Cause::memory_limit;
    failed.bound = 4e9;
    write(writer, [&](Store& store) {
        store.write(attempt_start("one"));
        store.write(failed);
    });
    const auto endings = store::endings_of(writer, "first");
    REQUIRE(endings.size() == 1);
    CHECK(endings.begin()->second.cause == trial::Cause::memory_limit);
    CHECK(endings.begin()->second.bound == 4e9);
    const auto attempts = store::attempts_of(writer, endings.begin()->first);
    REQUIRE(attempts.size() == 1);
    CHECK(attempts[0].outcome == trial::TrialStatus::failed);
    CHECK(attempts[0].to_step == 40);
    CHECK(attempts[0].error == "too much");
    write(writer, [](Store& store) {
        store.write(attempt_start("one"));
        store.write(end("one"));
    });
    CHECK(store::endings_of(writer, "first").empty());
    CHECK(store::attempts_of(writer, store::find_trial(writer, "1").id).size() == 2);
}
