// Trials that start from trained weights: of another experiment, or of a file.
#include "sweep/start.h"

#include <fstream>
#include <iterator>

#include "catch.h"
#include "json/parse.h"
#include "small_sweep.h"

using namespace unroll;

namespace {

manifest::Override set(const std::string& text) {
    return manifest::parse_override(text);
}

const std::string pretrained = R"({
    "name": "base", "dataset": { "plugin": "small-corpus" }, "cell": { "plugin": "small-gated", "hidden": 5 },
    "training": { "sequence_length": 6, "batch": 4, "steps": 12 }, "sweep": { "seed": [1, 2] }
})";
const std::string tuned = R"({
    "name": "tuned", "dataset": { "plugin": "small-corpus" }, "cell": { "plugin": "small-gated", "hidden": 5 },
    "training": { "sequence_length": 6, "batch": 4, "steps": 8, "optimizer": { "name": "sgd", "learning_rate": 0.01 } },
    "start": { "experiment": "base" }
})";

/// A sweep whose starts are looked for in the folder's store.
struct Started {
    Started(const TemporaryFolder& folder, const std::vector<manifest::Override>& overrides = {},
            const std::string& text = tuned)
        : catalog(small::catalog()), datasets(catalog) {
        settings.database = folder.path() / "results.db";
        plans.push_back(manifest::expand(text, (folder.path() / "m.json").string(), overrides, catalog,
                                         manifest::Lookup{}, datasets,
                                         sweep::host_queries(catalog, settings.database)));
        workload = sweep::distinct_trials(plans, catalog, datasets);
    }
    sweep::Summary run() {
        std::atomic<bool> stop{false};
        return sweep::run(plans, workload, catalog, datasets, settings, told, stop);
    }
    plugins::Catalog catalog;
    manifest::DatasetCache datasets;
    sweep::Settings settings;
    std::vector<manifest::Plan> plans;
    std::vector<sweep::TrialPlan> workload;
    Told told;
};

std::string refusal(const TemporaryFolder& folder, const std::vector<manifest::Override>& overrides) {
    try {
        Started(folder, overrides).run();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a trial starts from the best trial of another experiment") {
    const TemporaryFolder folder;
    CHECK(Started(folder, {}, pretrained).run().trained == 2);
    Started started(folder);
    const std::vector<std::string> notes = sweep::check_starts(started.workload, started.catalog, started.datasets);
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].find("weights start from trial ") == 0);
    CHECK(notes[0].find("of 'base' (step 12): 5 of 5 symbols were known to it") != std::string::npos);
    CHECK(started.run().trained == 1);
    const auto database = started.settings.database;
    // One tiny step away from where the other one ended.
    const auto loss = [&](const std::string& where) {
        return std::get<double>(rows(database, "SELECT min(validation_loss) FROM trial WHERE " + where).at(0).at(0));
    };
    CHECK(std::abs(loss("steps = 8") - loss("steps = 12")) < 0.05);
    CHECK(count(database,
                "trial WHERE json_extract(start, '$.experiment') = 'base' AND json_extract(start, '$.step') = 12"
                " AND json_extract(start, '$.trial') = (SELECT fingerprint FROM trial WHERE steps = 12"
                " ORDER BY validation_loss LIMIT 1)") == 1);
    CHECK(Started(folder).run().trained == 0);
}

TEST_CASE("what a trial starts from is part of what it is, where the weights lie is not") {
    const TemporaryFolder folder;
    Started(folder, {}, pretrained).run();
    const auto fingerprint = [&](const std::vector<manifest::Override>& overrides) {
        return Started(folder, overrides).workload.at(0).row.fingerprint;
    };
    const auto one = fingerprint({set("start.trial=\"1\"")}), two = fingerprint({set("start.where=\"seed = 2\"")});
    CHECK(one != two);
    CHECK(fingerprint({set("start=null")}) != one);
    const auto path = std::get<std::string>(
        rows(folder.path() / "results.db", "SELECT path FROM checkpoint WHERE trial_id = 1 AND is_last").at(0).at(0));
    std::filesystem::copy_file(folder.path() / path, folder.path() / "copy.safetensors");
    CHECK(fingerprint({set("start={\"file\": \"copy.safetensors\"}")}) == one);
    // A trial that is rebuilt from its config needs neither the store nor the weights.
    Started started(folder, {set("start.trial=\"1\"")});
    std::filesystem::remove_all(folder.path() / "results.db.d");
    CHECK(sweep::rebuild(started.workload[0].row.config, started.catalog, started.datasets).trial.fingerprint == one);
}

TEST_CASE("a file that changes after it was found is noticed when it is read") {
    const TemporaryFolder folder;
    Started(folder, {}, pretrained).run();
    Started started(folder, {set("start.trial=\"1\"")});
    const auto path =
        folder.path() / std::get<std::string>(rows(folder.path() / "results.db",
                                                   "SELECT path FROM checkpoint WHERE trial_id = 1 AND is_last")
                                                  .at(0)
                                                  .at(0));
    const auto refused_with_flipped = [&](std::streamoff place) {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        char byte = 0;
        file.seekg(place).read(&byte, 1);
        file.seekp(place).put(char(byte ^ 1)).flush();
        const std::string refusal =
            error_of([&] { sweep::check_starts(started.workload, started.catalog, started.datasets); });
        file.seekp(place).put(byte).flush();
        return refusal;
    };
    std::ifstream whole(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(whole), {}};
    const std::size_t beside_the_weights = content.find("\"seconds\":\"");
    REQUIRE(beside_the_weights != std::string::npos);
    CHECK(refused_with_flipped(std::streamoff(beside_the_weights) + 11).find("in a file that has changed since") !=
          std::string::npos);
    CHECK(refused_with_flipped(std::streamoff(content.find("small-gated"))).find("has changed since") !=
          std::string::npos);
    CHECK(refused_with_flipped(std::streamoff(content.size()) - 2).find("SHA-256") != std::string::npos);
    CHECK(sweep::check_starts(started.workload, started.catalog, started.datasets).size() == 1);
    CHECK(refusal(folder, {set("start.trial=\"1\""), set("start.file_digest=\"00\"")}).find("start.file_digest: ") !=
          std::string::npos);
}

TEST_CASE("a start that cannot be is refused before anything runs") {
    const TemporaryFolder folder;
    const auto has = [](const std::string& text, const std::string& part) {
        INFO(text);
        CHECK(text.find(part) != std::string::npos);
    };
    has(refusal(folder, {}), "start.experiment: 'base', but there is no result store");
    {
        Started first(folder, {}, pretrained);
        std::atomic<bool> stop{true};
        sweep::run(first.plans, first.workload, first.catalog, first.datasets, first.settings, first.told, stop);
    }
    has(refusal(folder, {}), "start.experiment: 'base', of which 2 of 2 trials are not finished");
    has(refusal(folder, {set("start.trial=\"1\"")}), "start.trial: trial 1, which is queued");
    has(refusal(folder, {set("start.experiment=\"bass\"")}), "start.experiment: 'bass', which ");
    Started(folder, {}, pretrained).run();
    has(refusal(folder, {set("start.where=\"seed = 3\"")}),
        "start.where: seed = 3, which holds for no trial of 'base'");
    has(refusal(folder, {set("start.file=\"x\"")}), "both experiment and file");
    has(refusal(folder, {set("start={}")}), "neither experiment nor file");
    has(refusal(folder, {set("start={\"file\": \"none.safetensors\"}")}), "start.file: no such file: none.safetensors");
    Started larger(folder, {set("cell.hidden=7")});
    has(error_of([&] { sweep::check_starts(larger.workload, larger.catalog, larger.datasets); }),
        "weight \"cell.0.weight_gate_0\" of shape (5, 5)");
    Started deeper(folder, {set("cell.layers=2")});
    has(error_of([&] { sweep::check_starts(deeper.workload, deeper.catalog, deeper.datasets); }),
        "no weight \"cell.1.");
}
