// The sampling part: axes that never cause retraining.
#include "catch.h"
#include "fixtures.h"

namespace unroll::manifest::test {
namespace {

Plan sampled(const std::string& sampling, const std::string& more = "") {
    return expand(with("\"sampling\": " + sampling + (more.empty() ? "" : ", " + more)));
}

std::vector<std::optional<double>> temperatures(const PlannedTrial& planned) {
    std::vector<std::optional<double>> all;
    for (const trial::SamplingSettings& each : planned.sampling) all.push_back(each.temperature);
    return all;
}

TEST_CASE("Lists of samplers, temperatures and prompts are sampling axes of one trial") {
    const Plan plan =
        sampled(R"({"sampler": [{"plugin": "pick", "keep": 3}, {"plugin": "best"}], "temperature": [0.5, 1, 1.0],
                                  "prompt": ["ab", {"from": "validation", "length": 7}], "length": 50, "count": 2, "every": "epoch"})");
    REQUIRE(plan.trials.size() == 1);
    const auto& all = plan.trials[0].sampling;
    REQUIRE(all.size() == 6);  // two temperatures, once more without one; times two prompts
    CHECK(all[0].sampler.plugin == "pick");
    CHECK(all[0].sampler.options.integer("keep") == 3);
    CHECK(all[0].temperature == 0.5);
    CHECK(all[0].prompt.text == "ab");
    CHECK(all[0].length == 50);
    CHECK(all[0].count == 2);
    CHECK(all[0].every == trial::When{trial::When::Kind::epochs, 1});
    CHECK(all[0].memory == trial::StateMode::carry);
    CHECK(all[1].prompt.from == Split::validation);
    CHECK(all[1].prompt.length == 7);
    CHECK(all[4].sampler.plugin == "best");
    CHECK_FALSE(all[4].temperature);
}

TEST_CASE("Sampling is off unless it is there") {
    CHECK(expand(with("")).trials[0].sampling.empty());
    CHECK(sampled("false").trials[0].sampling.empty());
}

TEST_CASE("Defaults: one temperature, a window of the train split, memory after what is predicted") {
    const trial::SamplingSettings every = sampled(R"({"sampler": {"plugin": "pick"}})").trials[0].sampling.at(0);
    CHECK(every.temperature == 1.0);
    CHECK(every.prompt == trial::Prompt{"", Split::train, 8});
    CHECK(every.length == 400);
    CHECK(every.every.kind == trial::When::Kind::end);
    const trial::SamplingSettings last =
        sampled(R"({"sampler": {"plugin": "pick"}})", R"("training": {"steps": 9, "predict": "last"})")
            .trials[0]
            .sampling.at(0);
    CHECK(last.memory == trial::StateMode::window);
}

TEST_CASE("Sampling axes of a sweep do not multiply trials") {
    const Plan plan =
        sampled(R"({"sampler": {"plugin": "pick"}})",
                R"("sweep": {"sampling.temperature": [0.2, 0.4], "seed": [1, 2], "sampling.sampler.keep": [7, 8]})");
    REQUIRE(plan.trials.size() == 2);
    CHECK(plan.dropped.empty());
    CHECK(plan.trials[1].axes == R"({"seed":2})");
    REQUIRE(plan.trials[1].sampling.size() == 4);
    CHECK(plan.trials[1].sampling[1].temperature == 0.2);
    CHECK(plan.trials[1].sampling[1].sampler.options.integer("keep") == 8);
    CHECK(plan.compare.by.empty());
}

TEST_CASE("A labelled axis of nothing but sampling is a sampling axis") {
    const Plan plan = sampled(R"({"sampler": {"plugin": "pick"}})", R"("sweep": {
        "way": {"cold": {"sampling.temperature": 0.1}, "greedy": {"sampling.sampler.plugin": "best"},
                "varied": {"sweep": {"sampling.temperature": [1, 2]}}},
        "seed": [1, 2]})");
    REQUIRE(plan.trials.size() == 2);
    CHECK(temperatures(plan.trials[0]) == std::vector<std::optional<double>>{0.1, std::nullopt, 1.0, 2.0});
}

TEST_CASE("A choice may set sampling beside other things") {
    const Plan plan = sampled(R"({"sampler": {"plugin": "pick", "keep": 9}})", R"("sweep": {
        "system": {"small": {"cell.hidden": 4, "sampling.temperature": [0.3, 0.6]}, "mute": {"cell.hidden": 5, "sampling": false},
                   "large": {"cell.hidden": 8, "sampling.sampler.plugin": "best"}}})");
    REQUIRE(plan.trials.size() == 3);
    CHECK(temperatures(plan.trials[0]) == std::vector<std::optional<double>>{0.3, 0.6});
    CHECK(plan.trials[0].axes == R"({"system":"small"})");
    CHECK(plan.trials[1].sampling.empty());
    CHECK(temperatures(plan.trials[2]) == std::vector<std::optional<double>>{std::nullopt});
}

TEST_CASE("Trials that collapse bring their samples together") {
    const Plan plan = sampled(R"({"sampler": {"plugin": "pick"}})", R"("sweep": {
        "system": {"a": {"cell.gain": 1, "sampling.temperature": [0.3, 0.6]}, "b": {"cell.gain": 1.0, "sampling.temperature": [0.6, 0.9]}}})");
    REQUIRE(plan.trials.size() == 1);
    CHECK(temperatures(plan.trials[0]) == std::vector<std::optional<double>>{0.3, 0.6, 0.9});
    CHECK(plan.dropped == std::vector<std::string>{R"({"system":"b"}: the same trial as {"system":"a"})"});
}

TEST_CASE("Skip reaches sampling points, by axis and by path") {
    const Plan plan = sampled(R"({"sampler": {"plugin": "pick"}, "temperature": [0.5, 1], "prompt": ["a", "b"]})",
                              R"("sweep": {"seed": [1, 2], "sampling.sampler.keep": [3, 4]},
        "skip": [{"seed": 1, "sampling.temperature": 0.5}, {"sampling.sampler.keep": 3, "sampling.prompt": "b"}])");
    REQUIRE(plan.trials.size() == 2);
    CHECK(plan.trials[0].sampling.size() == 3);
    CHECK(plan.trials[1].sampling.size() == 6);
    CHECK_FALSE(plan.dropped.empty());
}

}  // namespace
}  // namespace unroll::manifest::test
