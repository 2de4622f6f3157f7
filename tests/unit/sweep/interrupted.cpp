// A sweep that was interrupted anywhere leaves the rows of one that was not, in every table.
#include <algorithm>
#include <fstream>
#include <set>
#include <string>

#include "analysis/verdicts.h"
#include "catch.h"
#include "small_sweep.h"
#include "store/references.h"

using namespace unroll;

namespace {

namespace fs = std::filesystem;

/// One trial with everything that is due on the way, at steps that fall on one another here and there.
const std::string base_manifest = R"({
    "name": "small",
    "dataset":  { "plugin": "small-corpus" },
    "cell":     { "plugin": "small-gated", "hidden": 4, "layers": 2, "dropout": 0.2 },
    "training": { "sequence_length": 6, "batch": 4, "steps": 18, "windows": "streams",
                  "optimizer": { "name": "sgd", "learning_rate": 0.1, "momentum": 0.9 },
                  "clip": 1, "log_every": 3, "evaluate_every": 4, "checkpoint_every": 6, "keep_checkpoints": 2 },
    "sampling": { "sampler": { "plugin": "small-draw" }, "length": 4, "prompt": "ab", "every": 5 },
    "diagnostics": { "gradient": 10 }
})";

/// What is an order of events or a time of day.
const std::set<std::string> left_out{"id",       "sha256",  "created_at",       "updated_at",
                                     "ended_at", "seconds", "tokens_per_second"};

/// What a row refers to, by a name that does not depend on the order in which rows came.
std::string column(const std::string& name) {
    if (name == "trial_id" || name == "judge_id")
        return "(SELECT fingerprint FROM trial WHERE trial.id = " + name + ")";
    if (name == "series_id") return "(SELECT split || '/' || name FROM series WHERE series.id = series_id)";
    if (name == "experiment_id") return "(SELECT name FROM experiment WHERE experiment.id = experiment_id)";
    if (name == "plugin_id") return "(SELECT kind || name FROM plugin WHERE plugin.id = plugin_id)";
    return name;
}

/// Every row of every table but `attempt`, in a fixed order.
StoredRows everything(const fs::path& database) {
    store::Store store(database, store::Store::Mode::read);
    store::Database& db = store.database();
    std::vector<std::string> tables;
    db.prepared(
          "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'attempt' AND name NOT LIKE 'sqlite_%'"
          " ORDER BY 1")
        .each([&](const store::Row& row) { tables.push_back(row.text(0)); });
    StoredRows all;
    for (const std::string& table : tables) {
        std::string columns = "'" + table + "'", order = "1";
        int count = 1;
        for (const std::string& name : store::columns_of(db, table))
            if (!left_out.contains(name)) {
                columns += ", " + column(name);
                order += ", " + std::to_string(++count);
            }
        const std::string timed = table == "point" ? " WHERE series_id NOT IN (SELECT id FROM series WHERE name ="
                                                     " 'tokens_per_second')"
                                                   : "";
        db.prepared("SELECT " + columns + " FROM " + table + timed + " ORDER BY " + order)
            .each([&](const store::Row& row) {
                auto& values = all.emplace_back();
                for (int i = 0; i < count; ++i) values.push_back(row.value(i));
            });
    }
    return all;
}

sweep::Settings one_job(const fs::path& database) {
    sweep::Settings settings;
    settings.database = database;
    settings.jobs = 1;
    return settings;
}

using Overrides = std::vector<std::string>;

SmallSweep sweep_of(const Overrides& overrides) {
    std::vector<manifest::Override> parsed;
    for (const std::string& text : overrides) parsed.push_back(manifest::parse_override(text));
    return SmallSweep({base_manifest}, parsed);
}

/// Runs it again and again, each time until one of these steps is done, and then to its end.
void run_interrupted(const fs::path& database, const Overrides& overrides, const std::vector<std::uint64_t>& steps) {
    for (const std::uint64_t until : steps) {
        SmallSweep part = sweep_of(overrides);
        std::atomic<bool> stop{false};
        part.told.happened = [&](Size, std::uint64_t step) {
            if (step == until) stop = true;
        };
        part.run(one_job(database), stop);
    }
    sweep_of(overrides).run(one_job(database));
}

std::string checkpoints_of(const fs::path& database) {
    std::string all;
    for (const auto& row : rows(database,
                                "SELECT step || iif(is_best, 'b', '') || iif(is_last, 'l', '') FROM checkpoint"
                                " ORDER BY step"))
        all += (all.empty() ? "" : " ") + std::get<std::string>(row.at(0));
    return all;
}

/// The files in the folders of checkpoints.
std::set<std::string> files_of(const fs::path& database) {
    std::set<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(database.string() + ".d"))
        if (entry.is_regular_file()) files.insert(entry.path().filename());
    return files;
}

}  // namespace

TEST_CASE("an interruption at any step leaves no trace in any table") {
    const std::vector<Overrides> variants{
        {},
        {"training.keep_checkpoints=1"},
        {"training.keep_checkpoints=9"},
        {"training.checkpoint_every=3", "training.evaluate_every=2"},
        {"training.checkpoint_every=false"},
        {"training.checkpoint_every={\"minutes\":0.02}"},
        {"training.checkpoint_every=\"end\"", "training.evaluate_every=1"},
        {"training.stop={\"metric\":\"validation/loss\",\"patience\":1}", "training.evaluate_every=2"},
        // It diverges on the way.
        {"training.optimizer.learning_rate=1000000", "training.clip=null"},
    };
    for (const Overrides& variant : variants) {
        const TemporaryFolder whole;
        sweep_of(variant).run(one_job(whole.path() / "a.db"));
        const StoredRows expected = everything(whole.path() / "a.db");
        const auto files = files_of(whole.path() / "a.db");
        for (std::uint64_t step = 1; step < 18; ++step) {
            INFO((variant.empty() ? "as it is" : variant[0]) << ", interrupted after step " << step);
            const TemporaryFolder folder;
            const fs::path database = folder.path() / "a.db";
            run_interrupted(database, variant, {step});
            CHECK(checkpoints_of(database) == checkpoints_of(whole.path() / "a.db"));
            CHECK(everything(database) == expected);
            CHECK(files_of(database) == files);
        }
    }
}

TEST_CASE("so do many interruptions") {
    const TemporaryFolder whole, folder;
    sweep_of({}).run(one_job(whole.path() / "a.db"));
    run_interrupted(folder.path() / "a.db", {}, {2, 4, 5, 6, 7, 10, 12, 13, 16, 17});
    CHECK(count(folder.path() / "a.db", "attempt") == 11);
    CHECK(everything(folder.path() / "a.db") == everything(whole.path() / "a.db"));
}

TEST_CASE("an expectation that judges by checkpoints is as true after an interruption") {
    const std::vector<manifest::Expectation> expected{
        {"those that are kept",
         "SELECT group_concat(step) = '6,12,18' FROM (SELECT step FROM checkpoint JOIN small"
         " USING (trial_id) WHERE is_scheduled OR step = 12 ORDER BY step)"},
        {"the best one is that of the best step",
         "SELECT checkpoint.step = small.best_step FROM checkpoint JOIN small USING (trial_id) WHERE is_best"},
    };
    // Whatever comes out, it is the same; and the second one is true.
    const TemporaryFolder whole;
    sweep_of({}).run(one_job(whole.path() / "a.db"));
    const auto before = analysis::verdicts(whole.path() / "a.db", "small", expected);
    CHECK(before[1].holds);
    for (const std::uint64_t step : {4, 8, 13, 17}) {
        const TemporaryFolder folder;
        run_interrupted(folder.path() / "a.db", {}, {step});
        const auto after = analysis::verdicts(folder.path() / "a.db", "small", expected);
        for (Size i = 0; i < before.size(); ++i) {
            CHECK(after[i].holds == before[i].holds);
            CHECK(after[i].remark == before[i].remark);
        }
    }
}

TEST_CASE("the best evaluation has a checkpoint where none falls on it") {
    const TemporaryFolder folder;
    const fs::path database = folder.path() / "a.db";
    sweep_of({"training.evaluate_every=1", "training.checkpoint_every=7", "training.keep_checkpoints=1",
              "training.optimizer.learning_rate=2"})
        .run(one_job(database));
    CHECK(rows(database,
               "SELECT is_best FROM checkpoint JOIN trial ON trial.id = trial_id WHERE best_step ="
               " checkpoint.step") == StoredRows{{std::int64_t{1}}});
    CHECK(count(database, "checkpoint WHERE is_best") == 1);
    CHECK(count(database, "checkpoint WHERE NOT is_best AND NOT is_scheduled") == 0);
}
