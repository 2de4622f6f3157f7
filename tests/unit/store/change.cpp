// What a run would change in experiments that the store has.
#include "store/change.h"
#include "scratch.h"

using namespace scratch;

namespace {

store::ExperimentRow row(const std::string& name, const std::string& manifest, const fs::path& file) {
    store::ExperimentRow experiment;
    experiment.name = name;
    experiment.manifest = manifest;
    experiment.file = file;
    return experiment;
}

const std::vector<store::Membership> both{{"aaaa", "{}"}, {"bbbb", "{}"}}, second{{"bbbb", "{}"}};

}  // namespace

TEST_CASE("an experiment remembers its manifest and the file that it is from, wherever the folder goes") {
    const Folder folder;
    fs::create_directories(folder / "project/results");
    const fs::path file = folder / "project/results/a.db", manifest = folder / "project/first.json";
    {
        Store store(file, Store::Mode::write);
        store.plan(row("first", "{}", manifest), {a_trial("aaaa"), a_trial("bbbb")}, both);
        const auto same = store::change_of(store, row("first", "{}", manifest), both);
        CHECK(same.exists);
        CHECK(same.same_manifest);
        CHECK(same.manifest_file == manifest);
        CHECK(same.leaving.empty());
        CHECK_FALSE(store::change_of(store, row("other", "{}", manifest), both).exists);
        CHECK_FALSE(store::change_of(store, row("first", "{ }", manifest), both).same_manifest);
    }
    fs::rename(folder / "project", folder / "moved");
    Store store(folder / "moved/results/a.db", Store::Mode::read);
    CHECK(store::change_of(store, row("first", "{}", {}), both).manifest_file == folder / "moved/first.json");
}

TEST_CASE("trials that the manifest no longer asks for leave, those that left before do not leave again") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    store.plan(row("first", "{}", {}), {a_trial("aaaa"), a_trial("bbbb")}, both);
    const auto change = store::change_of(store, row("first", "{}", {}), second);
    CHECK(change.leaving == std::vector<store::Id>{1});
    CHECK(change.manifest_file.empty());
    store.plan(row("first", "{}", {}), {a_trial("bbbb")}, second);
    CHECK(store::change_of(store, row("first", "{}", {}), second).leaving.empty());
}

TEST_CASE("what --fresh puts at stake is counted, and whose it is as well") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    plan(store, "first", {a_trial("aaaa"), a_trial("bbbb")});
    plan(store, "second", {a_trial("bbbb"), a_trial("cccc")});
    for (const char* fingerprint : {"aaaa", "bbbb"})
        write(
            store, [&](Store& to) { to.write(attempt_start(fingerprint)); },
            [&](Store& to) {
                to.write(fingerprint, training::Samples{sample(100, 0.5, "one"), sample(100, 1, "two")});
            },
            [&](Store& to) { to.write(end(fingerprint)); });
    const store::Holdings held = store::holdings_of(store, {"aaaa", "bbbb", "cccc", "dddd"}, {"first"});
    CHECK(held.trials == 2);
    CHECK(held.finished == 2);
    CHECK(held.samples == 4);
    CHECK(held.shared == 1);
    CHECK(held.shared_samples == 2);
    CHECK(held.others == std::vector<std::string>{"second"});
    CHECK(store::holdings_of(store, {"bbbb"}, {"first", "second"}).shared == 0);
}
