// `match`: the setting that gives a model its number of weights. A layer of `echo` has H D weights, the head 10 H + 10; one-hot inputs are 10
// wide.
#include <algorithm>

#include "catch.h"
#include "fixtures.h"

namespace unroll::manifest::test {
namespace {

using Names = std::vector<std::string>;

Names matched(const Plan& plan) {
    Names all;
    for (const PlannedTrial& planned : plan.trials) all.push_back(planned.matched);
    return all;
}

Names matched(const std::string& members) {
    return matched(expand(with(members)));
}

TEST_CASE("The nearest number of weights is found, the smaller of two") {
    const auto hidden = [](int parameters) {
        return matched(R"("match": {"parameters": )" + std::to_string(parameters) +
                       R"(, "vary": "cell.hidden", "within": 0.5})")
            .at(0);
    };
    // 20 H + 10
    CHECK(hidden(1010) == "cell.hidden=50");
    CHECK(hidden(1019) == "cell.hidden=50");
    CHECK(hidden(1020) == "cell.hidden=50");
    CHECK(hidden(1021) == "cell.hidden=51");
    CHECK(hidden(1029) == "cell.hidden=51");
    CHECK(hidden(30) == "cell.hidden=1");
    CHECK(hidden(41) == "cell.hidden=2");
    CHECK(hidden(12'345'678) == "cell.hidden=617283");
    CHECK(hidden(20'000'010) == "cell.hidden=1000000");
    CHECK(hidden(25'000'000) == "cell.hidden=1000000");  // as far as it goes
}

TEST_CASE("A solved value is a value like any other") {
    const trial::Trial solved =
        expand(with(R"("match": {"parameters": 1000, "vary": "cell.hidden"}, "cell": {"plugin": "echo", "hidden": 7})"))
            .trials.at(0)
            .trial;
    CHECK(solved.cells[0].hidden == 49);
    const trial::Trial written = expand(with(R"("cell": {"plugin": "echo", "hidden": 49})")).trials.at(0).trial;
    CHECK(solved.config == written.config);
    CHECK(solved.fingerprint == written.fingerprint);
    CHECK(expand(solved.config).trials.at(0).matched.empty());
    CHECK(matched(R"("match": null)") == Names{""});
}

TEST_CASE("All that has weights counts, and any whole number of the model may vary") {
    // 10 E + 16 E + 10 16 + 10
    CHECK(matched(R"("match": {"parameters": 1002, "vary": "model.embedding"})") == Names{"model.embedding=32"});
    // 16 10 + 16 16 (L - 1) + 10 16 + 10
    CHECK(matched(R"("match": {"parameters": 3000, "vary": "cell.layers", "within": 0.05})") ==
          Names{"cell.layers=11"});
    // 10 H + 5 H + 10 5 + 10, from below
    CHECK(matched(R"("match": {"parameters": 1560, "vary": "cell[0].hidden"},
                     "cell": [{"plugin": "echo"}, {"plugin": "other", "hidden": 5}])") == Names{"cell.0.hidden=100"});
    CHECK(matched(R"("match": {"parameters": 1560, "vary": "cell.1.hidden"},
                     "cell": [{"plugin": "echo", "hidden": 5}, {"plugin": "other"}])") == Names{"cell.1.hidden=100"});
}

TEST_CASE("Every choice of the sweep is matched for itself, and may ask for something else") {
    const Plan plan = expand(with(R"("match": {"parameters": 1000, "vary": "cell.hidden"}, "sweep": {
        "system": {"one": {}, "two": {"cell.layers": 2}, "deep": {"match.vary": "cell.layers", "match.within": 0.1, "cell.hidden": 8},
                   "free": {"match": null, "cell.hidden": 3}},
        "seed": [1, 2]})"));
    CHECK(matched(plan) == Names{"cell.hidden=49", "cell.hidden=49", "cell.hidden=23", "cell.hidden=23",
                                 "cell.layers=14", "cell.layers=14", "", ""});
    CHECK(plan.trials[2].trial.cells[0].hidden == 23);
    CHECK(plan.trials[4].axes == R"({"system":"deep","seed":1})");

    const Plan sizes = expand(with(R"("match": {"parameters": 1, "vary": "cell.hidden"},
        "sweep": {"match.parameters": [1000, 2000, 2001]}, "skip": [{"match.parameters": 2000}],
        "compare": {"by": ["match.parameters"]})"));
    CHECK(matched(sizes) == Names{"cell.hidden=49", "cell.hidden=100"});
    CHECK(sizes.trials[1].axes == R"({"match":{"parameters":2001}})");
    // Equal models are one trial.
    const Plan twins = expand(with(R"("match": {"parameters": 1, "vary": "cell.hidden"},
        "sweep": {"match.parameters": [1000, 1001, 1005]})"));
    CHECK(matched(twins) == Names{"cell.hidden=49", "cell.hidden=50"});
    CHECK(twins.dropped.size() == 1);
    // A whole cell as a choice leaves open what it does not say.
    CHECK(matched(R"("match": {"parameters": 1000, "vary": "cell.hidden", "within": 0.05},
                     "sweep": {"cell": [{"plugin": "echo"}, {"plugin": "looker", "heads": 8}]})") ==
          Names{"cell.hidden=49", "cell.hidden=48"});
}

TEST_CASE("Only widths that the cell takes are tried") {
    const auto hidden = [](int heads, int parameters) {
        return matched(R"("match": {"parameters": )" + std::to_string(parameters) +
                       R"(, "vary": "cell.hidden", "within": 0.9}, "cell": {"plugin": "looker", "heads": )" +
                       std::to_string(heads) + "}")
            .at(0);
    };
    CHECK(hidden(1, 1000) == "cell.hidden=49");
    CHECK(hidden(4, 1000) == "cell.hidden=48");
    CHECK(hidden(7, 1000) == "cell.hidden=49");
    CHECK(hidden(64, 2000) == "cell.hidden=128");
    CHECK(hidden(64, 1000) == "cell.hidden=64");
    // Of a stack, the rule of the entry that varies.
    CHECK(matched(R"("match": {"parameters": 1500, "vary": "cell.0.hidden"},
                     "cell": [{"plugin": "echo"}, {"plugin": "looker", "hidden": 8, "heads": 8}])") ==
          Names{"cell.0.hidden=78"});
}

TEST_CASE("A model of two parts counts both, and either may vary") {
    const auto of = [](const std::string& members) {
        return matched(R"("training": {"batch": 4, "steps": 100}, )" + members).at(0);
    };
    // 10 H + 11 H + 10 H + 10
    CHECK(of(R"("dataset": {"plugin": "riddles"}, "cell": {"plugin": "keeper"},
                "match": {"parameters": 1000, "vary": "cell.hidden"})") == "cell.hidden=32");
    // 10 8 + 8 H + 10 H + 10, the decoder's H
    CHECK(of(R"("dataset": {"plugin": "riddles"}, "cell": {"plugin": "other"},
                "model": {"bridge": "repeat", "encoder": {"hidden": 8}},
                "match": {"parameters": 1008, "vary": "model.decoder.hidden"})") == "model.decoder.hidden=51");
    // 10 H + H² + 10 H + 10, a multiple of 4 and of 6
    CHECK(of(R"("dataset": {"plugin": "riddles"}, "cell": {"plugin": "looker"},
                "model": {"bridge": "repeat", "encoder": {"heads": 4}, "decoder": {"heads": 6}},
                "match": {"parameters": 1200, "vary": "cell.hidden", "within": 0.2})") == "cell.hidden=24");
    // 12 N + 12² + 12 + 1
    CHECK(of(R"("dataset": {"plugin": "dots"}, "cell": {"plugin": "echo", "hidden": 12},
                "match": {"parameters": 1000, "vary": "model.noise"})") == "model.noise=70");
}

TEST_CASE("The state of a sequence may be what is equal") {
    const std::string keeper = R"("cell": {"plugin": "keeper"}, )";  // each layer carries H numbers
    CHECK(matched(keeper + R"("match": {"state_size": 300, "vary": "cell.hidden"})") == Names{"cell.hidden=300"});
    CHECK(
        matched(keeper + R"("match": {"state_size": 300, "vary": "cell.hidden"}, "sweep": {"cell.layers": [1, 2]})") ==
        Names{"cell.hidden=300", "cell.hidden=150"});
    const std::string one_of_two =
        "\n  expected: one of the two\n  help: give the one that all models are to have in common";
    CHECK(problems(with(R"("match": {"vary": "cell.hidden"}, "sweep": {"seed": [1, 2]})")) ==
          "test.json:1: match: neither parameters nor state_size" + one_of_two);
    CHECK(problems(with(R"("match": {"vary": "cell.hidden", "parameters": 1000, "state_size": 300})")) ==
          "test.json:1: match: both parameters and state_size" + one_of_two);
    CHECK(problems(with(keeper + R"("match": {"state_size": 300, "vary": "model.embedding"})")) ==
          "test.json:1: match.vary: \"model.embedding\", which does not increase the state size\n"
          "  expected: a setting that increases the state size\n"
          "  help: vary another one, as in \"cell.hidden\"");
}

TEST_CASE("A trial that is skipped need not be possible") {
    const Plan plan = expand(with(R"("match": {"parameters": 1000, "vary": "cell.hidden"},
        "sweep": {"cell.plugin": ["echo", "looker"]}, "cell": {"plugin": "looker", "heads": 64},
        "skip": [{"cell.plugin": "looker"}])"));
    CHECK(plan.trials.size() == 1);
    CHECK(expand(with(R"("match": {"parameters": 1000, "vary": "cell.hidden"}, "sweep": {"cell.layers": [1, 2]},
        "skip": [{"cell.hidden": 49}])"))
              .dropped == Names{R"({"cell":{"layers":1}}: skipped by line 1)"});
}

TEST_CASE("A model is solved once, whatever seeds and rates it is trained with") {
    Size counted = 0;
    HostQueries counting = host_queries();
    counting.model_size = [&](const trial::Trial& trial, const Task& task) {
        ++counted;
        return host_queries().model_size(trial, task);
    };
    const auto count = [&](const std::string& sweep) {
        counted = 0;
        DatasetCache datasets(catalog());
        manifest::expand(with(R"("match": {"parameters": 1000, "vary": "cell.hidden"}, "sweep": )" + sweep), "x.json",
                         {}, catalog(), {}, datasets, counting);
        return counted;
    };
    const Size once = count("{}");
    CHECK(once > 5);
    CHECK(once < 20);
    CHECK(count(R"({"seed": [1, 2, 3], "training.optimizer.learning_rate": [0.1, 0.01]})") == once);
    CHECK(count(R"({"cell.gain": [1, 2], "seed": [1, 2]})") == 2 * once);
}

TEST_CASE("A value from the command line") {
    const std::string text = with(R"("match": {"parameters": 1000, "vary": "cell.hidden"})");
    CHECK(matched(expand(text, {{"match.parameters", "2010"}})) == Names{"cell.hidden=100"});
    CHECK(matched(expand(text, {{"match", "null"}})) == Names{""});
    CHECK(matched(expand(with(""), {{"match", R"({"parameters": 2010, "vary": "cell.hidden"})"}})) ==
          Names{"cell.hidden=100"});
    CHECK(problems(text, {{"cell.hidden", "5"}}) ==
          "test.json:1: match.vary: \"cell.hidden\", which --set also sets\n"
          "  expected: a setting that neither sweep nor --set changes\n  help: vary another setting, or remove one of "
          "the two");
    CHECK(problems(text, {{"match.parameters", "11"}}) ==
          "--set: match.parameters: 11; the nearest possible is 30, with cell.hidden=1\n"
          "  expected: a number of weights that a model can have to within 2%\n"
          "  help: change match.parameters or other settings of the model");
}

}  // namespace
}  // namespace unroll::manifest::test
