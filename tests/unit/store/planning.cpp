// Experiments, trials and memberships; and the views over them.
#include "scratch.h"
#include "store/database.h"

using namespace scratch;

TEST_CASE("a plan writes the whole expansion as queued") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    plan(store, "cells", {a_trial("aaaa", "lstm", 1), a_trial("bbbb", "lstm", 2), a_trial("cccc", "gru", 1)});
    CHECK(ask(store, "SELECT place, cell, seed, status, axes ->> '$.system' FROM result ORDER BY place") ==
          "0 lstm 1 queued lstm|1 lstm 2 queued lstm|2 gru 1 queued gru");
    CHECK(ask(store,
              "SELECT task, topology, dataset, hidden, layers, sequence_length, batch, steps, optimizer, learning_rate,"
              " parameters, flops_per_step, steps_per_epoch, config ->> '$.cell.heads' FROM result WHERE place = 2") ==
          "next token single text 128 1 64 32 100 adam 0.002 100000 1e+09 40 4");
    CHECK(ask(store,
              "SELECT kind, name, revision, count(*) FROM plugin JOIN trial_plugin ON plugin_id = id GROUP BY id"
              " ORDER BY kind, name") == "cell gru 1 1|cell lstm 1 2|dataset text 2 3");
}

TEST_CASE("two experiments share a trial, and one that a manifest no longer asks for is kept with the reason") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    plan(store, "first", {a_trial("aaaa"), a_trial("bbbb", "gru")});
    plan(store, "second", {a_trial("aaaa"), a_trial("cccc", "rnn")});
    CHECK(ask(store, "SELECT experiment, fingerprint FROM result ORDER BY experiment, place") ==
          "first aaaa|first bbbb|second aaaa|second cccc");
    CHECK(ask(store, "SELECT count(*) FROM trial") == "3");

    plan(store, "first", {a_trial("bbbb", "gru")});
    CHECK(ask(store, "SELECT fingerprint FROM first") == "bbbb");
    CHECK(ask(store,
              "SELECT fingerprint, current FROM membership JOIN trial ON trial.id = trial_id"
              " JOIN experiment ON experiment.id = experiment_id WHERE name = 'first' ORDER BY 1") == "aaaa 0|bbbb 1");
    CHECK_THAT(ask(store, "SELECT why FROM membership WHERE NOT current"), contains("the manifest of 20"));
    CHECK_THAT(ask(store, "SELECT why FROM membership WHERE NOT current"), contains("does not ask for it"));

    plan(store, "first", {a_trial("aaaa")});
    CHECK(ask(store, "SELECT fingerprint FROM first") == "aaaa");
    CHECK(ask(store, "SELECT count(*) FROM membership WHERE current AND why IS NOT NULL") == "0");
    CHECK(ask(store, "SELECT count(*) FROM experiment") == "2");
}

TEST_CASE("an experiment's row follows its manifest") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    store::ExperimentRow row{"cells", "about", "{}", "validation/accuracy", "max", {"system", "cell.heads"}, {"a"}, {}};
    store.plan(row, {}, {});
    row.about = "changed";
    store.plan(row, {}, {});
    CHECK(ask(store, "SELECT name, about, metric, goal, compare_by, compare_best FROM experiment") ==
          "cells changed validation/accuracy max [\"system\",\"cell.heads\"] [\"a\"]");
}

TEST_CASE("an experiment has a view of its name, with its unusual axes as columns") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    store::ExperimentRow experiment;
    experiment.name = "odd \"name\"; it's";
    experiment.manifest = "{}";
    store.plan(experiment, {a_trial("aaaa"), a_trial("bbbb", "gru")},
               {{"aaaa", R"({"system":"a","seed":1,"cell":{"heads":2,"plugin":"lstm"},"say \"hi\"":"x",
                             "training":{"clip":5,"sequence_length":64},"status":"warm"})"},
                {"bbbb", R"({"system":"b","seed":1,"cell":{"heads":4,"plugin":"gru"},"say \"hi\"":"y",
                             "training":{"clip":{"element":5},"sequence_length":64},"status":"cold"})"}});
    CHECK(ask(store,
              R"(SELECT fingerprint, cell, system, "cell.heads", "say ""hi""", "training.clip", "axes.status", status
                        FROM "odd ""name""; it's" ORDER BY place)") ==
          "aaaa lstm a 2 x 5 warm queued|bbbb gru b 4 y {\"element\":5} cold queued");
    const std::string columns = ask(store, R"(SELECT name FROM pragma_table_info('odd "name"; it''s'))");
    CHECK(columns.find("|seed|") == columns.rfind("|seed|"));
    CHECK(columns.find("training.sequence_length") == std::string::npos);

    // The axes of the next version of the manifest.
    store.plan(experiment, {}, {{"aaaa", R"({"mode":"m"})"}});
    CHECK(ask(store, R"(SELECT fingerprint, mode FROM "odd ""name""; it's")") == "aaaa m");
}

TEST_CASE("a name that belongs to somebody else is refused, and nothing is written") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    plan(store, "cells", {a_trial("aaaa")});
    const auto refused = [&](const std::string& name) {
        return message_of([&] { plan(store, name, {a_trial("bbbb")}); });
    };
    CHECK_THAT(refused("Result"), contains("name: 'Result'"));
    CHECK_THAT(refused("Result"), contains("the result store has a view 'result'"));
    CHECK_THAT(refused("trial"), contains("the result store has a table 'trial'"));
    CHECK_THAT(refused("sqlite_x"), contains("belong to SQLite"));
    CHECK_THAT(refused("Cells"), contains("the experiment 'cells' differs in case only"));
    CHECK_THAT(refused("Cells"), contains("give the experiment another name"));
    CHECK(ask(store, "SELECT count(*) FROM trial") == "1");
    CHECK(ask(store, "SELECT count(*) FROM experiment") == "1");
}

TEST_CASE("the views have the columns that people rely on") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    const auto columns = [&](const std::string& view) {
        return ask(store, "SELECT group_concat(name, ' ') FROM pragma_table_info('" + view + "')");
    };
    CHECK(columns("metric") == "trial_id step epoch split name value seconds");
    CHECK(columns("result") ==
          "experiment axes place trial_id id fingerprint status config seed task topology dataset cell hidden layers"
          " sequence_length batch steps optimizer learning_rate parameters flops_per_step steps_per_epoch step tokens "
          "seconds"
          " tokens_per_second train_loss validation_loss test_loss train_accuracy validation_accuracy test_accuracy"
          " best_validation_loss best_step diverged_step error created_at ended_at identity trajectory"
          " train_loss_steps start cause state_size");
    CHECK(columns("curve") ==
          "experiment axes place trial_id fingerprint status seed task topology dataset cell hidden layers "
          "sequence_length"
          " batch optimizer learning_rate parameters split name step epoch value seconds");
}

TEST_CASE("a trial is found by its id or by the beginning of its fingerprint") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    plan(store, "cells", {a_trial("abcd11", "lstm", 5), a_trial("abcd22"), a_trial("123456"), a_trial("2222ff")});
    CHECK(store::find_trial(store, "1").fingerprint == "abcd11");
    CHECK(store::find_trial(store, "abcd1").id == 1);
    CHECK(store::find_trial(store, "abcd1").seed == 5);
    CHECK(store::find_trial(store, "abcd1").status == trial::TrialStatus::queued);
    CHECK_THAT(store::find_trial(store, "abcd1").config, contains("\"seed\":5"));
    CHECK(store::find_trial(store, "1234").fingerprint == "123456");
    const auto several = message_of([&] { store::find_trial(store, "abcd"); });
    CHECK_THAT(several, contains("2 trials begin with 'abcd': 1 (abcd11…), 2 (abcd22…)"));
    const auto none = message_of([&] { store::find_trial(store, "abc"); });
    CHECK_THAT(none, contains("no trial 'abc' among its 4"));
    CHECK_THAT(none, contains("4 characters at least"));
    CHECK_THAT(message_of([&] { store::find_trial(store, ""); }), contains("no trial ''"));
}

TEST_CASE("the best trial of an experiment is the finished one with the best last value of its metric") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    store::ExperimentRow experiment;
    experiment.name = "cells";
    experiment.manifest = "{}";
    experiment.metric = "test/accuracy";
    const auto goal = GENERATE(std::string("min"), std::string("max"));
    experiment.goal = goal;
    const std::vector<store::TrialRow> trials{a_trial("aaaa"), a_trial("bbbb"), a_trial("cccc"), a_trial("dddd"),
                                              a_trial("eeee")};
    std::vector<store::Membership> members;
    for (const auto& row : trials) members.push_back({row.fingerprint, "{}"});
    store.plan(experiment, trials, members);
    CHECK_FALSE(store::best_trial(store, "cells"));
    write(store, [](Store& to) {
        for (const char* fingerprint : {"aaaa", "bbbb", "cccc", "dddd", "eeee"}) to.write(attempt_start(fingerprint));
        to.write("aaaa", point(10, "test", "accuracy", 0.5));
        to.write("aaaa", point(20, "test", "accuracy", 0.75));
        to.write("bbbb", point(20, "test", "accuracy", 0.625));
        to.write("cccc", point(20, "test", "loss", 0.125));
        to.write("dddd", point(20, "test", "accuracy", 0.875));
        to.write("dddd", point(20, "test", "accuracy", 0.25));
        to.write("eeee", point(20, "test", "accuracy", 0.75));
        for (const char* fingerprint : {"aaaa", "bbbb", "cccc", "eeee"}) to.write(end(fingerprint));
        to.write(end("dddd", trial::TrialStatus::failed));
    });
    CHECK(store::best_trial(store, "cells")->fingerprint == (goal == "min" ? "bbbb" : "aaaa"));
    CHECK_FALSE(store::best_trial(store, "others"));
    members.erase(members.begin(), members.begin() + 2);
    store.plan(experiment, {trials.begin() + 2, trials.end()}, members);
    CHECK(store::best_trial(store, "cells")->fingerprint == "eeee");
}
