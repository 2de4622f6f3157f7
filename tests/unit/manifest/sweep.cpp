// Sweeps: axes, labelled choices, inner sweeps, unions, skip, collapsing, --set and compare.
#include <ctime>

#include "catch.h"
#include "fixtures.h"
#include "json/parse.h"
#include "json/value.h"

namespace unroll::manifest::test {
namespace {

using Names = std::vector<std::string>;

Names axes(const Plan& plan) {
    Names all;
    for (const PlannedTrial& each : plan.trials) all.push_back(each.axes);
    return all;
}

TEST_CASE("Without a sweep there is one trial") {
    const Plan plan = expand(with(""));
    REQUIRE(plan.trials.size() == 1);
    CHECK(plan.name == "test");
    CHECK(plan.trials[0].axes == "{}");
    CHECK(plan.dropped.empty());
}

TEST_CASE("Axes keep their order and the last varies fastest") {
    const Plan plan = expand(with(R"("sweep": {"training.sequence_length": [4, 8], "seed": [5, 6]})"));
    CHECK(axes(plan) ==
          Names{R"({"training":{"sequence_length":4},"seed":5})", R"({"training":{"sequence_length":4},"seed":6})",
                R"({"training":{"sequence_length":8},"seed":5})", R"({"training":{"sequence_length":8},"seed":6})"});
    CHECK(plan.trials[3].trial.training.sequence_length == 8);
    CHECK(plan.trials[3].trial.seed == 6);
}

TEST_CASE("Labelled choices are patches, with inner sweeps of their own") {
    const Plan plan = expand(with(R"("sweep": {
        "system": {"plain": {}, "loud": {"cell.gain": 5, "training.clip": 1},
                   "looker": {"cell.plugin": "looker", "sweep": {"cell.heads": [2, 4]}}},
        "seed": [1, 2]})"));
    CHECK(axes(plan) == Names{R"({"system":"plain","seed":1})", R"({"system":"plain","seed":2})",
                              R"({"system":"loud","seed":1})", R"({"system":"loud","seed":2})",
                              R"({"system":"looker","cell":{"heads":2},"seed":1})",
                              R"({"system":"looker","cell":{"heads":2},"seed":2})",
                              R"({"system":"looker","cell":{"heads":4},"seed":1})",
                              R"({"system":"looker","cell":{"heads":4},"seed":2})"});
    const trial::Trial& loud = plan.trials[2].trial;
    CHECK(loud.cells[0].choice.options.number("gain") == 5);
    CHECK(loud.training.clip.kind == trial::Clip::Kind::norm);
    CHECK(plan.trials[6].trial.cells[0].choice.options.integer("heads") == 4);
    CHECK(plan.compare.by == Names{"system", "cell.heads"});
}

TEST_CASE("A list of sweeps is their union, inside a choice too") {
    const Plan plan = expand(with(R"("sweep": [
        {"cell.hidden": [4, 8]},
        {"kind": {"x": {"cell.layers": 2, "sweep": [{"cell.hidden": [5]}, {"training.batch": [6]}]}}}])"));
    CHECK(axes(plan) == Names{R"({"cell":{"hidden":4}})", R"({"cell":{"hidden":8}})",
                              R"({"kind":"x","cell":{"hidden":5}})", R"({"kind":"x","training":{"batch":6}})"});
}

TEST_CASE("Another plugin keeps what all cells share and resets the rest") {
    const std::string base =
        R"("cell": {"plugin": "echo", "hidden": 12, "layers": 2, "dropout": 0.5, "initializer": "normal",
                                         "gain": 7, "bias": false},)";
    const Plan plan = expand(with(base + R"("sweep": {"cell.plugin": ["echo", "other"]})"));
    const trial::CellSettings &same = plan.trials[0].trial.cells[0], &other = plan.trials[1].trial.cells[0];
    CHECK(same.choice.options.number("gain") == 7);
    CHECK_FALSE(same.choice.options.boolean("bias"));
    CHECK(other.choice.options.number("gain") == 2);
    CHECK(other.hidden == 12);
    CHECK(other.layers == 2);
    CHECK(other.dropout == 0.5);
    CHECK(other.initializer == unroll::Initializer::normal);

    // A choice's own options hold, in whichever order they are written.
    const Plan patched = expand(with(base + R"("sweep": {"s": {"a": {"cell.gain": 3, "cell.plugin": "other"}}})"));
    CHECK(patched.trials[0].trial.cells[0].choice.options.number("gain") == 3);
}

TEST_CASE("Another optimizer, schedule or kind of windows keeps only what they share") {
    const Plan plan = expand(with(R"("training": {"steps": 100, "batch": 2, "windows": "strided", "stride": 3,
            "optimizer": {"name": "sgd", "learning_rate": 0.5, "momentum": 0.9, "weight_decay": 0.1},
            "schedule": {"name": "cosine", "warmup": 10, "minimum": 0.25}},
        "sweep": {"training.optimizer.name": ["sgd", "adamw"], "training.schedule.name": ["constant"],
                  "training.windows": ["streams"]})"));
    const trial::TrainingSettings &sgd = plan.trials[0].trial.training, &adamw = plan.trials[1].trial.training;
    CHECK(sgd.optimizer.momentum == 0.9);
    CHECK(sgd.optimizer.weight_decay == 0.1);
    CHECK(adamw.optimizer.learning_rate == 0.5);
    CHECK(adamw.optimizer.weight_decay == 0.01);
    CHECK(adamw.optimizer.momentum == 0);
    CHECK(adamw.schedule.warmup == 10);
    CHECK(adamw.schedule.minimum == 0);
    CHECK(adamw.windows == trial::Windows::streams);
}

TEST_CASE("Entries of a stack are set by their number") {
    const Plan plan = expand(with(R"("cell": [{"plugin": "echo", "hidden": 4}, {"plugin": "other", "hidden": 8}],
        "sweep": {"cell[1].hidden": [2, 3], "cell.0.plugin": ["looker"]})"));
    REQUIRE(plan.trials.size() == 2);
    CHECK(plan.trials[1].trial.cells[1].hidden == 3);
    CHECK(plan.trials[1].trial.cells[0].choice.plugin == "looker");
    CHECK(plan.trials[1].axes == R"({"cell":{"1":{"hidden":3},"0":{"plugin":"looker"}}})");
}

TEST_CASE("Equal trials collapse, and the plan tells") {
    const Plan plan =
        expand(with(R"("sweep": {"cell.hidden": [8, 8], "training.log_every": [1, 10], "cell.gain": [1, 1.0]})"));
    CHECK(plan.trials.size() == 1);
    REQUIRE(plan.dropped.size() == 7);
    CHECK(plan.dropped[0] == R"({"cell":{"hidden":8,"gain":1.0},"training":{"log_every":1}}: the same trial as )"
                             R"({"cell":{"hidden":8,"gain":1},"training":{"log_every":1}})");
}

TEST_CASE("Skip drops partial matches by axis, by path and by any of several values") {
    const std::string sweep =
        R"("sweep": {"system": {"a": {"cell.gain": 1}, "b": {"cell.gain": 2}}, "cell.hidden": [4, 8, 12]},)";
    CHECK(axes(expand(with(
              sweep + R"("skip": [{"system": "a", "cell.hidden": [4, 12]}, {"cell.gain": 2.0, "cell.hidden": 8}])"))) ==
          Names{R"({"system":"a","cell":{"hidden":8}})", R"({"system":"b","cell":{"hidden":4}})",
                R"({"system":"b","cell":{"hidden":12}})"});
    // A setting that nothing sets has its default. What is skipped need not be possible.
    const Plan plan = expand(with(R"("sweep": {"cell.plugin": ["echo", "looker"], "cell.hidden": [4, 5]},
        "skip": [{"cell.plugin": "looker", "cell.heads": 4, "cell.hidden": 5}])"));
    CHECK(plan.trials.size() == 3);
    REQUIRE(plan.dropped.size() == 1);
    CHECK_THAT(plan.dropped[0], Catch::Contains(R"({"cell":{"plugin":"looker","hidden":5}}: skipped by line)"));
}

TEST_CASE("A value from the command line takes the manifest's place") {
    const Plan plan =
        expand(with(R"("sweep": {"seed": [1, 2]}, "cell": {"plugin": "echo", "gain": 3})"),
               {{"training.steps", "7"}, {"cell.gain", "2.5"}, {"cell.plugin", "\"other\""}, {"sweep.seed", "[4]"}});
    REQUIRE(plan.trials.size() == 1);
    CHECK(plan.trials[0].trial.training.steps == 7);
    CHECK(plan.trials[0].trial.seed == 4);
    CHECK(plan.trials[0].trial.cells[0].choice.plugin == "other");
    CHECK(plan.trials[0].trial.cells[0].choice.options.number("gain") == 2.5);
    CHECK_THAT(plan.source, Catch::EndsWith("// --set training.steps=7\n// --set cell.gain=2.5\n"
                                            "// --set cell.plugin=\"other\"\n// --set sweep.seed=[4]\n"));
    base::Diagnostics diagnostics;
    CHECK(json::parse(plan.source, "source", diagnostics));

    CHECK(problems(with(""), {{"training.steps", "0"}}) ==
          "--set: training.steps: 0, without a start from trained weights\n  expected: a whole number, at least 1\n"
          "  help: set how long to train, as in \"steps\": 2000");
    CHECK(problems(with(""), {{"cell.plugin", "other"}}) ==
          "--set cell.plugin: other, which is not JSON\n  expected: a JSON value; a string needs quotes\n"
          "  help: for a string, write --set 'cell.plugin=\"other\"'");
    CHECK(problems(with("\"sweep\": {\"seed\": [1, 2]}"), {{"seed", "3"}}) ==
          "--set seed: a setting that the sweep sets, on line 1\n  expected: a setting that is the same in all trials\n"
          "  help: change the axis, as in --set 'sweep.seed=[3]'");
    CHECK_THAT(problems(with(""), {{"trainig.steps", "3"}}),
               Catch::StartsWith("--set: trainig: unknown key \"trainig\""));
    CHECK_THROWS_WITH(parse_override("training.steps"), Catch::Contains("PATH=JSON"));
    CHECK(parse_override("a=b=c").json == "b=c");
}

TEST_CASE("Compare names axes; by default all but the seed and what the best is taken of") {
    const std::string sweep = R"("sweep": {"cell.hidden": [4, 8], "cell.gain": [1, 2], "seed": [1, 2]},)";
    const Compare whole = expand(with(sweep + R"("about": "x")")).compare;
    CHECK(whole.by == Names{"cell.hidden", "cell.gain"});
    CHECK(whole.metric == "validation/loss");
    CHECK(whole.goal == "min");
    const Compare best =
        expand(with(sweep + R"("compare": {"best": ["cell.gain"], "metric": "validation/accuracy"})")).compare;
    CHECK(best.by == Names{"cell.hidden"});
    CHECK(best.best == Names{"cell.gain"});
    CHECK(best.goal == "max");
}

TEST_CASE("A problem in the base of a sweep is told once") {
    const std::string text = problems(with(R"("seed": -1, "cell": {"plugin": "echo", "gain": 11},
        "sweep": {"training.batch": [1, 2, 3], "cell.hidden": [1, 2, 3]})"));
    CHECK_THAT(text, Catch::StartsWith("2 problems\n"));
}

TEST_CASE("A damaged axis does not make what it would have set look missing") {
    const std::string text =
        problems(R"({"dataset": {"plugin": "letters"}, "training": {"steps": 1}, "sweep": {"cell.plugin": "echo"}})");
    CHECK_THAT(text, Catch::StartsWith("test.json:1: sweep.cell.plugin: \"echo\"\n"));
}

TEST_CASE("A dataset is loaded once however many trials and manifests use it") {
    const int before = datasets_made();
    DatasetCache datasets(catalog());
    const std::string text = with(R"("sweep": {"cell.hidden": [4, 8], "dataset.train": [100, 200]})");
    for (int i = 0; i < 2; ++i) manifest::expand(text, "x.json", {}, catalog(), {}, datasets, host_queries());
    CHECK(datasets_made() == before + 2);
}

TEST_CASE("Ten thousand trials expand in well under a second") {
    std::string seeds, lengths;
    for (int i = 1; i <= 100; ++i) seeds += std::to_string(i) + (i < 100 ? "," : "");
    for (int i = 1; i <= 25; ++i) lengths += std::to_string(i) + (i < 25 ? "," : "");
    const std::string text = with(R"("sweep": {"system": {"a": {}, "b": {"cell.gain": 2}, "c": {"cell.plugin": "other"},
        "d": {"cell.plugin": "looker"}}, "training.sequence_length": [)" +
                                  lengths + R"(], "seed": [)" + seeds + R"(]},
        "sampling": {"sampler": {"plugin": "pick"}, "temperature": [0.2, 0.5, 1], "prompt": ["a", "b"]})");
    const std::clock_t begin = std::clock();
    const Plan plan = expand(text);
    const double taken = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    CHECK(plan.trials.size() == 10'000);
    CHECK(plan.trials.back().sampling.size() == 6);
    CHECK(taken < 10);  // it takes about 0.3 s; a sanitizer makes it many times slower
}

}  // namespace
}  // namespace unroll::manifest::test
