// unroll run: what it leaves behind, and that nothing is done twice or otherwise.
#include "catch.h"
#include "program.h"

namespace {

/// Every cell that comes with Unroll.
Manifest all_cells() {
    Manifest manifest;
    manifest.sweep = R"({
    "system": {
      "rnn": { "cell.plugin": "rnn", "training.optimizer.name": "sgd", "training.optimizer.momentum": 0.9 },
      "lstm": { "cell.plugin": "lstm", "cell.layers": 2, "cell.dropout": 0.2 },
      "gru": { "cell.plugin": "gru", "training.windows": "streams" },
      "minimal-gated": { "cell.plugin": "minimal-gated", "training.optimizer.name": "adamw" },
      "dense": { "cell.plugin": "dense", "training.optimizer.name": "adagrad" },
      "attention": { "cell.plugin": "self-attention", "cell.heads": 2, "training.optimizer.name": "rmsprop" }
    },
    "seed": [1, 2] })";
    return manifest;
}

}  // namespace

TEST_CASE("a run leaves losses, texts and checkpoints, and the next one finds nothing to do") {
    const Workplace place;
    place.put("cells.json", all_cells());
    const Ended first = unroll(place, {"run", "cells.json"});
    INFO(first.err);
    REQUIRE(first.code == 0);
    CHECK(first.says("12 trained, 0 already done, 24 samples generated; results in results/unroll.db"));
    CHECK(first.prints("tiny: validation/loss"));  // the comparison, on standard output
    CHECK(first.prints("minimal-gated"));

    CHECK(value(place, "SELECT count(*) FROM trial WHERE status = 'finished' AND step = 30") == 12);
    CHECK(value(place, "SELECT count(*) FROM metric WHERE split = 'train' AND name = 'loss'") == 36);
    CHECK(value(place, "SELECT count(*) FROM metric WHERE split = 'validation' AND name = 'loss'") == 36);
    CHECK(value(place, "SELECT count(*) FROM sample WHERE text LIKE '____________________'") == 24);
    CHECK(value(place, "SELECT count(*) FROM attempt WHERE outcome = 'finished'") == 12);
    CHECK(value(place, "SELECT count(*) FROM result WHERE experiment = 'tiny' AND validation_loss > 0") == 12);

    std::set<std::string> expected{"cells.json", "harbour.txt", "results", "results/unroll.db", "results/unroll.db.d"};
    for (const auto& row : rows(place, "SELECT fingerprint FROM trial")) {
        const std::string folder = "results/unroll.db.d/" + std::string(row.at("fingerprint").as_string());
        expected.insert({folder, folder + "/20.safetensors", folder + "/30.safetensors"});
    }
    CHECK(files_in(place.path()) == expected);

    const std::string before = promised(place, "results/unroll.db");
    const Ended second = unroll(place, {"run", "cells.json"});
    CHECK(second.code == 0);
    CHECK(second.says("0 trained, 12 already done, 0 samples generated"));
    CHECK(promised(place, "results/unroll.db") == before);
    CHECK(value(place, "SELECT count(*) FROM attempt") == 12);

    SECTION("a temperature more trains nothing, changes no other text and adds the missing samples") {
        const Ended third = unroll(place, {"run", "cells.json", "--set", "sampling.temperature=[0.2, 0.5, 1]"});
        CHECK(third.code == 0);
        CHECK(third.says("0 trained, 12 already done, 12 samples generated"));
        CHECK(value(place, "SELECT count(*) FROM sample WHERE temperature = 0.2") == 12);
        CHECK(value(place, "SELECT count(*) FROM attempt") == 12);
        const Ended again = unroll(place, {"run", "cells.json", "--db", "others.db", "--quiet", "--set",
                                           "sampling.temperature=[1, 0.2, 0.5]"});
        REQUIRE(again.code == 0);
        CHECK((again.out + again.err).empty());
        CHECK(promised(place, "others.db") == promised(place, "results/unroll.db"));
    }
    SECTION("--fresh does it all again, to the same bits") {
        const Ended fresh = unroll(place, {"run", "cells.json", "--fresh"});
        CHECK(fresh.code == 0);
        CHECK(fresh.says("12 trained, 0 already done, 24 samples generated"));
        CHECK(promised(place, "results/unroll.db") == before);
        std::set<std::string> named{"cells.json", "harbour.txt", "results", "results/unroll.db", "results/unroll.db.d"};
        for (const auto& row : rows(place, "SELECT 'results/' || path AS path FROM checkpoint")) {
            const std::filesystem::path file = std::string(row.at("path").as_string());
            named.insert({file.string(), file.parent_path().string()});
        }
        CHECK(named.size() == expected.size());
        CHECK(files_in(place.path()) == named);
    }
    SECTION("every trial is verified") {
        for (int trial = 1; trial <= 12; ++trial) {
            const Ended verified = unroll(place, {"verify", std::to_string(trial)});
            INFO(verified.err);
            CHECK(verified.code == 0);
            CHECK(verified.prints("are equal to the last bit"));
        }
    }
}

TEST_CASE("neither the number of jobs nor the order of the axes changes a bit") {
    const Workplace place;
    Manifest manifest = all_cells();
    place.put("cells.json", manifest);
    for (const char* jobs : {"1", "2", "8"}) {
        const Ended run = unroll(place, {"run", "cells.json", "--jobs", jobs, "--db", std::string(jobs) + ".db"});
        INFO(run.err);
        REQUIRE(run.code == 0);
    }
    // The seeds first, and the cells backwards.
    manifest.sweep = R"({ "seed": [2, 1], "system": {
      "attention": { "cell.plugin": "self-attention", "cell.heads": 2, "training.optimizer.name": "rmsprop" },
      "dense": { "cell.plugin": "dense", "training.optimizer.name": "adagrad" },
      "minimal-gated": { "cell.plugin": "minimal-gated", "training.optimizer.name": "adamw" },
      "gru": { "cell.plugin": "gru", "training.windows": "streams" },
      "lstm": { "cell.plugin": "lstm", "cell.layers": 2, "cell.dropout": 0.2 },
      "rnn": { "cell.plugin": "rnn", "training.optimizer.name": "sgd", "training.optimizer.momentum": 0.9 } } })";
    place.put("backwards.json", manifest);
    REQUIRE(unroll(place, {"run", "backwards.json", "--jobs", "2", "--db", "backwards.db"}).code == 0);
    const std::string one = promised(place, "1.db");
    CHECK(promised(place, "2.db") == one);
    CHECK(promised(place, "8.db") == one);
    CHECK(promised(place, "backwards.db") == one);
}

TEST_CASE("every sampler samples what is trained once") {
    const Workplace place;
    Manifest manifest;
    manifest.sweep = R"({ "sampling.sampler": [{ "plugin": "greedy" }, { "plugin": "temperature" },
        { "plugin": "top-k", "k": 3 }, { "plugin": "top-k", "k": 1 }, { "plugin": "top-p", "p": 0.8 }] })";
    place.put("samplers.json", manifest);
    const Ended run = unroll(place, {"run", "samplers.json"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    CHECK(run.says("1 trained, 0 already done, 9 samples generated"));  // temperature means nothing to the first
    const auto counts = rows(place, "SELECT sampler, count(*) AS n FROM sample GROUP BY sampler ORDER BY sampler");
    CHECK(
        boost::json::serialize(counts) ==
        R"([{"sampler":"greedy","n":1},{"sampler":"temperature","n":2},{"sampler":"top-k","n":4},{"sampler":"top-p","n":2}])");
    CHECK(value(place, "SELECT count(DISTINCT text) FROM sample WHERE sampler = 'greedy' OR options LIKE '%:1}'") == 1);
}

TEST_CASE("the datasets that are no text are trained and not sampled") {
    const Workplace place;
    Manifest manifest;
    manifest.sampling.clear();
    manifest.dataset = R"({ "plugin": "adding", "length": 12 })";
    manifest.training = R"({ "batch": 8, "steps": 20 })";
    manifest.name = "\"sums\"";
    place.put("adding.json", manifest);
    manifest.dataset = R"({ "plugin": "copy-memory", "delay": 5 })";
    manifest.name = "\"copies\"";
    place.put("copy-memory.json", manifest);
    const Ended run = unroll(place, {"run", "adding.json", "copy-memory.json"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    CHECK(run.says("2 trained, 0 already done, 0 samples generated"));
    CHECK(run.prints("sums: validation/loss"));
    CHECK(run.prints("copies: validation/loss"));
    CHECK(value(place, "SELECT count(*) FROM result WHERE validation_loss > 0") == 2);
    const Ended sample = unroll(place, {"sample", "1"});
    CHECK(sample.code == 2);
    CHECK(sample.says("a model that generates neither text nor images"));
}

TEST_CASE("manifests that share trials share them") {
    const Workplace place;
    Manifest manifest;
    manifest.sweep = R"({ "cell.plugin": ["rnn", "lstm"] })";
    place.put("one.json", manifest);
    manifest.name = "\"other\"";
    manifest.sweep = R"({ "cell.plugin": ["lstm", "gru"] })";
    manifest.sampling =
        R"({ "sampler": { "plugin": "temperature" }, "temperature": 2, "length": 20, "prompt": "the " })";
    place.put("other.json", manifest);

    SECTION("one after the other") {
        REQUIRE(unroll(place, {"run", "one.json"}).code == 0);
        const Ended run = unroll(place, {"run", "other.json"});
        CHECK(run.code == 0);
        CHECK(run.says("1 trained, 1 already done, 2 samples generated"));
    }
    SECTION("both at once") {
        const Ended run = unroll(place, {"run", "one.json", "other.json"});
        CHECK(run.code == 0);
        CHECK(run.says("3 trained, 0 already done, 6 samples generated"));
    }
    CHECK(value(place, "SELECT count(*) FROM trial") == 3);
    CHECK(value(place, "SELECT count(*) FROM membership") == 4);
    CHECK(value(place, "SELECT count(*) FROM sample JOIN trial ON trial.id = trial_id WHERE cell = 'lstm'") == 3);
}

TEST_CASE("--set takes the place of the manifest's value, in an experiment of its own") {
    const Workplace place;
    Manifest manifest;
    manifest.sweep = R"({ "seed": [1, 2] })";
    place.put("tiny.json", manifest);
    REQUIRE(unroll(place, {"run", "tiny.json"}).code == 0);
    const Ended run = unroll(place, {"run", "tiny.json", "--set", "cell.hidden=9", "--set", "cell.plugin=\"gru\""});
    INFO(run.err);
    CHECK(run.code == 0);
    CHECK(run.says("2 trained, 0 already done"));
    CHECK(value(place, "SELECT count(*) FROM trial") == 4);
    CHECK(value(place, "SELECT count(*) FROM result WHERE cell = 'gru' AND hidden = 9") == 2);
    CHECK(value(place, "SELECT count(*) FROM result WHERE experiment = 'tiny'") == 2);
    CHECK(value(place, "SELECT count(*) FROM result WHERE experiment LIKE 'tiny+____'") == 2);
    CHECK(value(place, "SELECT count(*) FROM membership WHERE NOT current") == 0);
    // The same settings in another order, and written otherwise, are the same experiment.
    CHECK(unroll(place, {"run", "tiny.json", "--set", "cell.plugin= \"gru\"", "--set", "cell.hidden=9"}).code == 0);
    CHECK(value(place, "SELECT count(*) FROM experiment") == 2);
}

TEST_CASE("a trial that diverges is told and is no failure") {
    const Workplace place;
    Manifest manifest;
    manifest.cell = R"({ "plugin": "rnn", "hidden": 8, "activation": "relu", "layers": 2 })";
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 200,
        "optimizer": { "name": "sgd", "learning_rate": 1e6, "momentum": 0.9 } })";
    place.put("wild.json", manifest);
    const Ended run = unroll(place, {"run", "wild.json"});
    INFO(run.err);
    CHECK(run.code == 0);
    CHECK(run.says("1 diverged"));
    CHECK(value(place,
                "SELECT count(*) FROM trial WHERE status = 'diverged' AND diverged_step > 0"
                " AND train_loss IS NULL AND validation_loss IS NULL") == 1);
    CHECK(unroll(place, {"run", "wild.json"}).says("0 trained, 1 already done"));
    const Ended verified = unroll(place, {"verify", "1"});
    INFO(verified.out);
    CHECK(verified.code == 0);
}

TEST_CASE("a loss that explodes and stays finite is told, and ranked nowhere") {
    const Workplace place;
    Manifest manifest;
    manifest.cell = R"({ "plugin": "rnn", "hidden": 8 })";
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 50,
        "optimizer": { "name": "sgd", "learning_rate": 1e6 } })";
    place.put("wild.json", manifest);
    const Ended run = unroll(place, {"run", "wild.json"});
    INFO(run.err);
    CHECK(run.code == 0);
    CHECK(run.says("1 diverged"));
    CHECK(value(place,
                "SELECT count(*) FROM trial WHERE status = 'diverged' AND diverged_step > 0"
                " AND train_loss IS NULL AND validation_loss IS NULL") == 1);
    CHECK(unroll(place, {"run", "wild.json"}).says("0 trained, 1 already done"));
}

TEST_CASE("texts are made at every step that is asked for, from a text of other scripts, too") {
    const Workplace place;
    place.write("short.txt", "这是一个示例文本。LSTM将学会预测下一个字符。");
    Manifest manifest;
    manifest.dataset = R"({ "plugin": "text", "path": "short.txt", "split": [1, 0, 0] })";
    manifest.training = R"({ "sequence_length": 10, "batch": 4, "steps": 30, "predict": "last", "checkpoint_every": 10,
        "keep_checkpoints": 3 })";
    manifest.sampling = R"({ "sampler": { "plugin": "temperature" }, "temperature": [0.5, 1], "length": 8,
        "prompt": "这是一个", "every": 10 })";
    place.put("article.json", manifest);
    const Ended run = unroll(place, {"run", "article.json"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    CHECK(run.says("6 samples generated"));
    CHECK(value(place, "SELECT count(*) FROM sample WHERE length(text) = 8 AND memory = 'window'") == 6);
    const Ended more = unroll(place, {"run", "article.json", "--set", "sampling.temperature=2"});
    CHECK(more.says("0 trained, 1 already done, 3 samples generated"));
}
