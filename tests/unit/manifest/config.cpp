// Trials: defaults, typed settings, config, identity and fingerprint.
#include <algorithm>

#include "catch.h"
#include "fixtures.h"
#include "json/parse.h"
#include "json/value.h"
#include "manifest/path.h"
#include "manifest/schema.h"
#include "unroll/sha256.h"

namespace unroll::manifest::test {
namespace {

trial::Trial trial(const std::string& members) {
    return expand(with(members)).trials.at(0).trial;
}

TEST_CASE("Config spells every default out, in the table's order") {
    CHECK(
        trial("").config ==
        R"({"seed":1,"dataset":{"plugin":"letters","train":1000,"validation":500,"fail":false,"crash":false},)"
        R"("model":{"embedding":0,"tied":false},)"
        R"("cell":{"plugin":"echo","hidden":16,"layers":1,"dropout":0.0,"initializer":"uniform","gain":1.0,"bias":true,"activation":"tanh"},)"
        R"("training":{"sequence_length":8,"batch":4,"steps":100,"epochs":null,"windows":"random","predict":"every",)"
        R"("optimizer":{"name":"adam","learning_rate":0.001,"betas":[0.9,0.999],"epsilon":1e-08,"weight_decay":0.0},)"
        R"("schedule":{"name":"constant","warmup":0},"clip":null,"stop":null,"evaluate_length":8,"log_every":10,)"
        R"("evaluate_every":{"times":10},"checkpoint_every":{"times":10},"keep_checkpoints":2,"time_limit":null,"memory_limit":null}})");
}

TEST_CASE("Identity leaves out what cannot change weights or losses and has the revisions") {
    CHECK(
        trial("").identity ==
        R"({"seed":1,"dataset":{"plugin":"letters","train":1000,"validation":500,"fail":false,"crash":false,"revision":3},)"
        R"("model":{"embedding":0,"tied":false},)"
        R"("cell":{"plugin":"echo","hidden":16,"layers":1,"dropout":0.0,"initializer":"uniform","gain":1.0,"bias":true,"activation":"tanh","revision":7},)"
        R"("training":{"sequence_length":8,"batch":4,"steps":100,"epochs":null,"windows":"random","predict":"every",)"
        R"("optimizer":{"name":"adam","learning_rate":0.001,"betas":[0.9,0.999],"epsilon":1e-08,"weight_decay":0.0},)"
        R"("schedule":{"name":"constant","warmup":0},"clip":null,"stop":null,"evaluate_length":8}})");
    CHECK(trial("").fingerprint == sha256(trial("").identity));
}

TEST_CASE("An option whose default is implied is told only where it has another value") {
    const auto with = [](const std::string& echoes) {
        return trial(R"("cell": {"plugin": "echo", "hidden": 16, "echoes": )" + echoes + "}");
    };
    const trial::Trial plain = trial("");
    CHECK(plain.cells[0].choice.options.integer("echoes") == 1);
    CHECK(with("1").config == plain.config);
    CHECK(with("1.0").fingerprint == plain.fingerprint);
    const trial::Trial other = with("2");
    CHECK(other.cells[0].choice.options.integer("echoes") == 2);
    CHECK(other.config.find(R"("activation":"tanh","echoes":2})") != std::string::npos);
    CHECK(other.fingerprint != plain.fingerprint);
}

TEST_CASE("The fingerprint follows what matters and nothing else") {
    const std::string own = trial("").fingerprint;
    const auto training = [](const std::string& more) {
        return trial(R"("training": {"sequence_length": 8, "batch": 4, "steps": 100, )" + more + "}").fingerprint;
    };
    for (const char* same :
         {R"("name": "x", "about": "y")", R"("compare": {"goal": "max"})",
          R"("sampling": {"sampler": {"plugin": "best"}})", R"("cell": {"hidden": 16.0, "gain": 1, "plugin": "echo"})",
          R"("cell": [{"plugin": "echo", "hidden": 16}])", R"("seed": 1, "model": {"embedding": 0})"})
        CHECK(trial(same).fingerprint == own);
    CHECK(training(R"("log_every": 1, "checkpoint_every": 5, "keep_checkpoints": 9)") == own);
    CHECK(training(R"("checkpoint_every": {"minutes": 5})") == own);
    CHECK(training(R"("time_limit": "2h", "memory_limit": "4GB")") == own);
    CHECK(training(R"("optimizer": {"name": "adam", "betas": [0.90, 0.999]}, "clip": null, "evaluate_length": 8)") ==
          own);
    for (const char* other : {R"("seed": 2)", R"("cell": {"plugin": "echo", "hidden": 16, "gain": 2})",
                              R"("cell": {"plugin": "other", "hidden": 16})",
                              R"("dataset": {"plugin": "letters", "train": 999})", R"("model": {"embedding": 16})"})
        CHECK(trial(other).fingerprint != own);
    CHECK(training(R"("evaluate_every": 10)") == own);
    CHECK(training(R"("evaluate_every": 10, "stop": {"patience": 2})") !=
          training(R"("evaluate_every": 20, "stop": {"patience": 2})"));
    CHECK(training(R"("evaluate_length": 9)") != own);
    CHECK(training(R"("clip": 5)") != own);
    CHECK(training(R"("clip": 5)") == training(R"("clip": 5.0)"));
    CHECK(training(R"("clip": 5)") != training(R"("clip": {"element": 5})"));
}

TEST_CASE("Trials of one trajectory differ in their length, unless the length decides the rate or the stop") {
    const auto trajectory = [](const std::string& training) {
        return trial(R"("training": {"sequence_length": 8, "batch": 4, )" + training + "}").trajectory;
    };
    CHECK(trajectory(R"("steps": 100)") == trajectory(R"("steps": 200)"));
    CHECK(trajectory(R"("steps": 100)") == trajectory(R"("epochs": 2, "evaluate_every": 3)"));
    CHECK(trajectory(R"("steps": 100)") != trajectory(R"("steps": 100, "clip": 1)"));
    const auto both = [&](const std::string& more) {
        return trajectory(R"("steps": 100, )" + more) == trajectory(R"("steps": 200, )" + more);
    };
    CHECK(both(R"("schedule": {"name": "exponential", "decay": 0.5})"));
    CHECK(both(R"("schedule": {"warmup": 10})"));
    CHECK(both(R"("evaluate_every": 10, "stop": {"patience": 2})"));
    CHECK_FALSE(both(R"("schedule": {"name": "cosine"})"));
    CHECK_FALSE(both(R"("stop": {"patience": 2})"));
}

TEST_CASE("The fingerprint of earlier stores is known, by which evaluations counted") {
    const trial::Trial often =
        trial(R"("training": {"sequence_length": 8, "batch": 4, "steps": 100, "evaluate_every": 10})");
    std::string identity = often.identity;
    identity.insert(identity.size() - 2, R"(,"evaluate_every":10)");
    CHECK(often.earlier_fingerprint == sha256(identity));
    CHECK(often.fingerprint == trial("").fingerprint);
    CHECK(often.earlier_fingerprint != trial("").earlier_fingerprint);
}

TEST_CASE("A dataset's bytes count, not where they lie") {
    const auto file = [](const std::string& path) {
        return trial(R"("dataset": {"plugin": "file", "path": ")" + path + "\"}");
    };
    const trial::Trial one = file("texts/long.txt"), same = file("texts/../texts/long.txt"),
                       other = file("texts/short.txt");
    CHECK(one.fingerprint == same.fingerprint);
    CHECK(one.fingerprint != other.fingerprint);
    CHECK_THAT(one.identity, !Catch::Contains("long.txt") && Catch::Contains(R"("unit":"character","digest":")"));
    // What is stored has the absolute path, so that the trial can be run again from anywhere.
    CHECK(one.dataset.options.text("path") == (folder() / "texts/long.txt").string());
    CHECK_THAT(one.config, Catch::Contains((folder() / "texts/long.txt").string()));
}

TEST_CASE("A trial's config is a manifest that gives the same trial back") {
    for (
        const char* members :
        {"", R"("dataset": {"plugin": "file", "path": "texts/long.txt"})",
         R"("dataset": {"plugin": "pairs"}, "training": {"epochs": 2})",
         R"("cell": [{"plugin": "looker"}, {"plugin": "echo"}], "model": {"embedding": 128, "tied": true}, "seed": 9007199254740991)",
         R"("training": {"epochs": 3, "windows": "strided", "stride": 5, "predict": "last", "evaluate_every": {"epochs": 2},
             "checkpoint_every": false, "clip": {"element": 0.1}, "evaluate_length": 20, "stop": {"patience": 3},
             "optimizer": {"name": "adamw", "decay": "matrices"}, "schedule": {"name": "cosine", "minimum": 1e-5, "warmup": 4}})",
         R"("training": {"steps": 3, "windows": "streams", "batch": 2, "evaluate_every": "epoch", "stop": {"target": 1.5},
             "checkpoint_every": {"minutes": 2.5},
             "optimizer": {"name": "rmsprop"}, "schedule": {"name": "exponential", "decay": 0.97}})"}) {
        const trial::Trial first = trial(members);
        const Plan again = expand(first.config);
        REQUIRE(again.trials.size() == 1);
        CHECK(again.trials[0].trial.config == first.config);
        CHECK(again.trials[0].trial.fingerprint == first.fingerprint);
    }
}

TEST_CASE("A cell's weights start as the cell declares unless the manifest says otherwise") {
    const auto initializer = [](const std::string& members) { return trial(members).cells.at(0).initializer; };
    CHECK(initializer(R"("cell": {"plugin": "echo"})") == unroll::Initializer::uniform);
    CHECK(initializer(R"("cell": {"plugin": "looker"})") == unroll::Initializer::normal);
    CHECK(initializer(R"("cell": {"plugin": "looker", "initializer": null})") == unroll::Initializer::normal);
    CHECK(initializer(R"("cell": {"plugin": "looker", "initializer": "uniform"})") == unroll::Initializer::uniform);
    CHECK(trial(R"("cell": {"plugin": "looker"})").fingerprint ==
          trial(R"("cell": {"plugin": "looker", "initializer": "normal"})").fingerprint);

    const trial::Trial stack = trial(R"("cell": [{"plugin": "looker"}, {"plugin": "echo"}])");
    CHECK(stack.cells.at(0).initializer == unroll::Initializer::normal);
    CHECK(stack.cells.at(1).initializer == unroll::Initializer::uniform);
}

TEST_CASE("Limits are seconds and bytes, with units or without") {
    const auto training = [](const std::string& more) {
        return trial(R"("training": {"sequence_length": 8, "batch": 4, "steps": 100, )" + more + "}").training;
    };
    CHECK_FALSE(training(R"("clip": null)").time_limit);
    CHECK_FALSE(training(R"("clip": null)").memory_limit);
    CHECK(training(R"("time_limit": 90)").time_limit == 90);
    CHECK(training(R"("time_limit": 0.5)").time_limit == 0.5);
    CHECK(training(R"("time_limit": "90s")").time_limit == 90);
    CHECK(training(R"("time_limit": "2h")").time_limit == 7200);
    CHECK(training(R"("time_limit": "1h30min")").time_limit == 5400);
    CHECK(training(R"("time_limit": "1.5 d")").time_limit == 129600);
    CHECK(training(R"("memory_limit": "1.5GiB")").memory_limit == 1.5 * (1 << 30));
    CHECK(training(R"("memory_limit": 4000000)").memory_limit == 4e6);
    for (const char* wrong :
         {R"("time_limit": 0)", R"("time_limit": "")", R"("time_limit": "2 weeks")", R"("time_limit": "h")",
          R"("time_limit": "90")", R"("time_limit": -1)", R"("time_limit": "-5s")", R"("memory_limit": 5)",
          R"("memory_limit": "4")", R"("memory_limit": "4gb")", R"("time_limit": "1e3s")"})
        CHECK_THROWS(training(wrong));
}

TEST_CASE("Settings arrive typed") {
    const trial::Trial full = trial(R"("seed": 9007199254740991, "model": {"embedding": 24, "tied": true},
        "cell": {"plugin": "looker", "hidden": 24, "layers": 3, "dropout": 0.25, "initializer": "glorot", "heads": 6, "slopes": [0, 1]},
        "training": {"sequence_length": 12, "batch": 3, "epochs": 4, "windows": "strided", "stride": 6, "predict": "last",
            "optimizer": {"name": "adamw", "learning_rate": 0.3, "betas": [0.8, 0.9], "epsilon": 1e-6, "weight_decay": 0.2,
                          "decay": "matrices"},
            "schedule": {"name": "cosine", "warmup": 7, "minimum": 0.1}, "clip": {"element": 5}, "log_every": 2,
            "stop": {"metric": "validation/accuracy", "target": 0.9, "patience": 6}, "evaluate_length": 30,
            "evaluate_every": "epoch", "checkpoint_every": 50, "keep_checkpoints": 4})");
    CHECK(full.seed == 9007199254740991);
    CHECK(full.model.embedding == 24);
    CHECK(full.model.tied);
    const trial::CellSettings& cell = full.cells.at(0);
    CHECK(cell.layers == 3);
    CHECK(cell.initializer == unroll::Initializer::glorot);
    CHECK(cell.choice.options.integer("heads") == 6);
    CHECK(cell.choice.options.numbers("slopes") == std::vector<double>{0, 1});
    const trial::TrainingSettings& training = full.training;
    CHECK(training.sequence_length == 12);
    CHECK(training.batch == 3);
    CHECK(training.steps == 0);
    CHECK(training.epochs == 4);
    CHECK(training.windows == trial::Windows::strided);
    CHECK(training.stride == 6);
    CHECK(training.predict == trial::Predict::last);
    CHECK(training.optimizer.beta1 == 0.8);
    CHECK(training.optimizer.beta2 == 0.9);
    CHECK(training.optimizer.epsilon == 1e-6);
    CHECK_FALSE(training.optimizer.decay_all);
    CHECK(training.schedule.name == "cosine");
    CHECK(training.schedule.warmup == 7);
    CHECK(training.clip.kind == trial::Clip::Kind::element);
    CHECK(training.clip.value == 5);
    CHECK(training.stop.metric == "validation/accuracy");
    CHECK(training.stop.target == 0.9);
    CHECK(training.stop.patience == 6);
    CHECK(training.evaluate_length == 30);
    CHECK(training.log_every == 2);
    CHECK(training.evaluate_every == trial::When{trial::When::Kind::epochs, 1});
    CHECK(training.checkpoint_every == trial::When{trial::When::Kind::steps, 50});
    CHECK(training.keep_checkpoints == 4);
}

TEST_CASE("Each optimizer has its own defaults") {
    const auto optimizer = [](const std::string& name) {
        return trial(R"("training": {"steps": 9, "optimizer": {"name": ")" + name + "\"}}").training.optimizer;
    };
    CHECK(optimizer("sgd").momentum == 0);
    CHECK(optimizer("sgd").weight_decay == 0);
    CHECK(optimizer("adagrad").epsilon == 1e-10);
    CHECK(optimizer("adagrad").learning_rate == 0.01);
    CHECK(optimizer("rmsprop").decay == 0.99);
    CHECK(optimizer("rmsprop").epsilon == 1e-8);
    CHECK(optimizer("adam").weight_decay == 0);
    CHECK(optimizer("adam").beta2 == 0.999);
    CHECK(optimizer("adamw").weight_decay == 0.01);
    CHECK(optimizer("adamw").decay_all);
}

TEST_CASE("A dataset may own the sequence length") {
    const trial::Trial owned =
        trial(R"("dataset": {"plugin": "pairs", "length": 33}, "training": {"steps": 5, "sequence_length": 33})");
    CHECK(owned.training.sequence_length == 33);
    CHECK(owned.training.evaluate_length == 33);
    CHECK_THAT(owned.config, !Catch::Contains("windows") && !Catch::Contains("predict"));
}

TEST_CASE("Moments are read in every spelling") {
    const auto every = [](const std::string& json) {
        return trial(R"("training": {"steps": 9, "evaluate_every": )" + json + "}").training.evaluate_every;
    };
    CHECK(every("5") == trial::When{trial::When::Kind::steps, 5});
    CHECK(every("\"epoch\"") == trial::When{trial::When::Kind::epochs, 1});
    CHECK(every("{\"epochs\": 3}") == trial::When{trial::When::Kind::epochs, 3});
    CHECK(every("{\"times\": 4}") == trial::When{trial::When::Kind::times, 4});
    CHECK(every("{\"times\": 1}") == trial::When{trial::When::Kind::end, 0});
    CHECK(every("\"end\"") == trial::When{trial::When::Kind::end, 0});
    CHECK(every("false") == trial::When{trial::When::Kind::never, 0});
}

TEST_CASE("The table of settings is sound") {
    for (const Section& each : sections()) {
        std::vector<const Setting*> seen;
        for (const Setting& setting : each.settings) {
            const std::string name = setting.option.name;
            INFO(each.path << "." << name);
            CHECK(std::string_view(setting.option.help).find_first_of(".\n") == std::string_view::npos);
            for (const Setting* other : seen)
                if (other->option.name == name) {  // under conditions that exclude one another
                    CHECK(std::string_view(other->condition.selector) == setting.condition.selector);
                    for (const std::string_view value : condition_values(setting))
                        CHECK_FALSE(holds(*other, setting.condition.selector, value));
                }
            seen.push_back(&setting);
            if (!*setting.option.default_json) continue;
            base::Diagnostics diagnostics;
            CHECK(json::parse(setting.option.default_json, "default", diagnostics));
        }
    }
}

}  // namespace
}  // namespace unroll::manifest::test
