// Merging stores: every order gives the same, again changes nothing, and the more complete trial stays.
#include "store/merging.h"
#include "scratch.h"
#include "store/database.h"
#include "unroll/sha256.h"

using namespace scratch;
using trial::TrialStatus;

namespace {

struct Values {
    double loss = 1;
    std::uint64_t step = 100;
    TrialStatus status = TrialStatus::finished;
    double temperature = 0.5;
    std::string checkpoint = "weights";
};

void run(Store& store, const std::string& fingerprint, const Values& values) {
    const fs::path file = store.checkpoint_folder(fingerprint) / (std::to_string(values.step) + ".safetensors");
    fs::create_directories(file.parent_path());
    std::ofstream(file) << values.checkpoint;
    write(
        store, [&](Store& to) { to.write(attempt_start(fingerprint)); },
        [&](Store& to) { to.write(fingerprint, point(10, "validation", "loss", 2 * values.loss)); },
        [&](Store& to) { to.write(fingerprint, point(values.step, "validation", "loss", values.loss)); },
        [&](Store& to) { to.write(fingerprint, training::Samples{sample(values.step, values.temperature, "text")}); },
        [&](Store& to) {
            to.write(fingerprint, training::GradientByLag{values.step, {1, 0.5}});
        },
        [&](Store& to) {
            to.write(fingerprint, training::CheckpointSaved{{values.step, file, sha256_of(file), true, true}, 2});
        },
        [&](Store& to) { to.write(end(fingerprint, values.status, values.step)); });
}

/// Two stores: `cells` is in both with the same manifest and other trials, of which one is in both; a judge in each.
struct Fixture {
    const Folder folder;
    const fs::path a = folder / "a.db", b = folder / "b.db";

    Fixture() {
        Store first(a, Store::Mode::write);
        plan(first, "cells", {a_trial("aaaa"), a_trial("bbbb", "gru")});
        plan(first, "of a", {a_trial("eeee", "rnn")});
        run(first, "aaaa", {});
        run(first, "bbbb", {.step = 50, .status = TrialStatus::interrupted, .temperature = 1, .checkpoint = "half"});
        run(first, "eeee", {});
        write(first, [](Store& to) { to.write("aaaa", training::ImageJudgement{100, "eeee", {1000, 0.5, 2}}); });
        Store second(b, Store::Mode::write);
        plan(second, "other", {a_trial("dddd", "dense")});
        plan(second, "cells", {a_trial("aaaa"), a_trial("bbbb", "gru"), a_trial("cccc", "rnn")});
        run(second, "bbbb", {});
        run(second, "aaaa", {.temperature = 2});
        run(second, "dddd", {});
    }

    /// Merges them into a new store, in this order.
    Store merged(const std::string& name, const std::vector<fs::path>& sources) const {
        Store store(folder / name, Store::Mode::write);
        for (const fs::path& source : sources) store::merge(store, source);
        return store;
    }
};

/// Every row, known by fingerprints and names instead of ids.
std::string content(Store& store) {
    std::string all;
    for (const char* query :
         {"SELECT name, about, manifest, metric, goal, compare_by, created_at, updated_at FROM experiment ORDER BY 1",
          "SELECT fingerprint, status, config, step, tokens, seconds, validation_loss, best_step, created_at, ended_at"
          " FROM trial ORDER BY 1",
          "SELECT name, fingerprint, place, axes, current, why FROM membership JOIN experiment ON experiment.id ="
          " experiment_id JOIN trial ON trial.id = trial_id ORDER BY 1, 2",
          "SELECT fingerprint, number, outcome, from_step, to_step, started_at, attempt.ended_at, host FROM attempt "
          "JOIN"
          " trial ON trial.id = trial_id ORDER BY 1, 2",
          "SELECT fingerprint, split, name, point.step, point.seconds, value FROM point JOIN trial ON trial.id ="
          " trial_id JOIN series ON series.id = series_id ORDER BY 1, 2, 3, 4",
          "SELECT fingerprint, sample.step, temperature, prompt, text FROM sample JOIN trial ON trial.id = trial_id"
          " ORDER BY 1, 2, 3",
          "SELECT fingerprint, gradient.step, lag, norm FROM gradient JOIN trial ON trial.id = trial_id ORDER BY 1, 2, "
          "3",
          "SELECT judged.fingerprint, judge.fingerprint, confidence FROM judgement JOIN trial AS judged ON judged.id ="
          " trial_id JOIN trial AS judge ON judge.id = judge_id ORDER BY 1, 2",
          "SELECT fingerprint, kind, name, revision FROM trial_plugin JOIN trial ON trial.id = trial_id JOIN plugin ON"
          " plugin.id = plugin_id ORDER BY 1, 2, 3",
          "SELECT fingerprint, checkpoint.step, sha256, is_last, is_best FROM checkpoint JOIN trial ON trial.id ="
          " trial_id ORDER BY 1, 2"})
        all += ask(store, query) + "\n";
    return all;
}

/// Every checkpoint is there, and is what its row tells; nothing else lies about.
void check_files(Store& store) {
    std::size_t rows = 0;
    store.database().prepared("SELECT path, sha256 FROM checkpoint").each([&](const store::Row& row) {
        CHECK(sha256_of(store::checkpoint_file(store.file(), row.text(0))) == row.text(1));
        ++rows;
    });
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(store.file().string() + ".d"))
        files += entry.is_regular_file();
    CHECK(files == rows);
}

}  // namespace

TEST_CASE_METHOD(Fixture, "stores are merged in any order and any number of times to the same rows") {
    Store ab = merged("ab.db", {a, b}), ba = merged("ba.db", {b, a}), twice = merged("twice.db", {a, b, a, b, b});
    const std::string all = content(ab);
    CHECK(content(ba) == all);
    CHECK(content(twice) == all);
    Store nested = merged("nested.db", {folder / "ba.db", a});
    CHECK(content(nested) == all);
    for (Store* store : {&ab, &ba, &twice, &nested}) {
        check_files(*store);
        CHECK(ask(*store, "PRAGMA integrity_check") == "ok");
        CHECK_FALSE(store->database().prepared("PRAGMA foreign_key_check").text());
    }
    CHECK(ask(ab, "SELECT fingerprint, system FROM cells ORDER BY fingerprint") == "aaaa lstm|bbbb gru|cccc rnn");
    CHECK(ask(ab, "SELECT name FROM experiment ORDER BY 1") == "cells|of a|other");
}

TEST_CASE_METHOD(Fixture, "of two, the more complete trial stays, and what both measured is united") {
    Store store = merged("ab.db", {a, b});
    CHECK(ask(store, "SELECT status, step FROM trial WHERE fingerprint = 'bbbb'") == "finished 100");
    CHECK(ask(store,
              "SELECT checkpoint.step, is_last, is_best FROM checkpoint JOIN trial ON trial.id = trial_id WHERE"
              " fingerprint = 'bbbb' ORDER BY 1") == "50 0 0|100 1 1");
    CHECK(ask(store,
              "SELECT temperature FROM sample JOIN trial ON trial.id = trial_id WHERE fingerprint = 'aaaa'"
              " ORDER BY 1") == "0.5|2");
    CHECK(ask(store, "SELECT count(*) FROM judgement") == "1");
}

TEST_CASE_METHOD(Fixture, "a merge tells what came of it") {
    Store store(folder / "ab.db", Store::Mode::write);
    const store::MergeReport first = store::merge(store, a), second = store::merge(store, b),
                             again = store::merge(store, b);
    CHECK(first.trials == 3);
    CHECK(first.added == 3);
    CHECK(first.samples == 3);
    CHECK(first.checkpoints == 3);
    CHECK(first.new_experiments == std::vector<std::string>{"cells", "of a"});
    CHECK(second.trials == 4);
    CHECK(second.added == 2);
    CHECK(second.replaced == 1);
    CHECK(second.equal == 1);
    CHECK(second.different == 0);
    CHECK(second.changed_experiments.empty());
    CHECK(again.equal == 4);
    CHECK(again.samples == 0);
    CHECK(again.checkpoints == 0);
}

TEST_CASE_METHOD(Fixture, "results of another build are taken whole or not at all") {
    {
        Store store(b, Store::Mode::write);
        store.database().execute("UPDATE point SET value = value + 0.125 WHERE step = 100");
    }
    Store store(folder / "ab.db", Store::Mode::write);
    store::merge(store, a);
    const store::MergeReport report = store::merge(store, b);
    CHECK(report.different == 1);  // aaaa: that of the store which ended first stays
    CHECK(ask(store, "SELECT temperature FROM sample JOIN trial ON trial.id = trial_id WHERE fingerprint = 'aaaa'") ==
          "0.5");
    Store other = merged("ba.db", {b, a});
    CHECK(content(other) == content(store));
    check_files(other);
    check_files(store);
}

TEST_CASE_METHOD(Fixture, "where manifests differ, the newer one says which trials are current") {
    {
        Store store(b, Store::Mode::write);
        store::ExperimentRow experiment;
        experiment.name = "cells";
        experiment.manifest = "{ \"about\": \"newer\" }";
        store.plan(experiment, {a_trial("cccc", "rnn")}, {{"cccc", R"({"system":"rnn"})"}});
    }
    Store ab(folder / "ab.db", Store::Mode::write);
    store::merge(ab, a);
    CHECK(store::merge(ab, b).changed_experiments == std::vector<std::string>{"cells"});
    CHECK(ask(ab, "SELECT fingerprint FROM cells") == "cccc");
    CHECK(ask(ab, "SELECT count(*) FROM membership WHERE NOT current") == "2");
    Store ba = merged("ba.db", {b, a});
    CHECK(content(ba) == content(ab));
}

TEST_CASE_METHOD(Fixture, "checkpoints whose files are gone are told, and come with the next merge") {
    const fs::path file = store::checkpoint_folder(b, "dddd") / "100.safetensors";
    fs::rename(file, folder / "away");
    Store store(folder / "ab.db", Store::Mode::write);
    CHECK(store::merge(store, b).missing_checkpoints == 1);
    CHECK(ask(store, "SELECT count(*) FROM checkpoint JOIN trial ON trial.id = trial_id WHERE fingerprint = 'dddd'") ==
          "0");
    fs::rename(folder / "away", file);
    CHECK(store::merge(store, b).checkpoints == 1);
    check_files(store);
}

TEST_CASE_METHOD(Fixture, "what cannot be merged changes nothing") {
    Store store(folder / "ab.db", Store::Mode::write);
    store::merge(store, a);
    const std::string before = content(store);
    CHECK_THAT(message_of([&] { store::merge(store, folder / "none.db"); }), contains("no such file"));
    CHECK_THAT(message_of([&] { store::merge(store, folder / "ab.db"); }), contains("the store that is merged into"));
    {
        const store::RunnerLock run(b);
        CHECK_THAT(message_of([&] { store::merge(store, b); }), contains("database in use by process"));
    }
    {
        Store other(b, Store::Mode::write);
        other.database().execute("UPDATE experiment SET name = 'CELLS' WHERE name = 'cells'");
    }
    CHECK_THAT(message_of([&] { store::merge(store, b); }), contains("differs in case only"));
    std::ofstream(folder / "text.db") << "no database at all, but long enough to be looked at closely ..............";
    CHECK_THAT(message_of([&] { store::merge(store, folder / "text.db"); }), contains("not a database"));
    CHECK(content(store) == before);
    check_files(store);
}
