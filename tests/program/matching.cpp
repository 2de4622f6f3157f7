// `match`: models of a number of weights, from the plan to the result.
#include "catch.h"
#include "program.h"

namespace {

constexpr int wanted = 20000;

/// Every kind of model: stacks, an embedding, positions, heads, and the word "match" in a choice.
Manifest matching() {
    Manifest manifest;
    manifest.sampling.clear();
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 2 })";
    manifest.sweep = R"({
    "system": {
      "rnn": { "cell.plugin": "rnn" },
      "lstm": { "cell.plugin": "lstm", "model.embedding": 12 },
      "gru": { "cell.plugin": "gru", "cell.layers": 2 },
      "attention": { "cell.plugin": "self-attention", "match.within": 0.25, "sweep": { "cell.heads": [1, 4] } },
      "rotary": { "cell.plugin": "self-attention", "cell.positions": "rotary", "match.within": 0.25 },
      "feed-forward": { "cell.plugin": "self-attention", "cell.hidden": 12, "match.vary": "cell.feed_forward", "match.within": 0.1 },
      "dense": { "cell.plugin": "dense", "match": null, "cell.hidden": 4 }
    } })";
    manifest.more = R"("match": { "parameters": 20000, "vary": "cell.hidden" })";
    return manifest;
}

boost::json::array plan_of(const TemporaryFolder& place, const Words& more = {}) {
    Words words{"plan", "sizes.json", "--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    const Ended plan = unroll(place, words);
    INFO(plan.err);
    REQUIRE(plan.code == 0);
    return boost::json::parse(plan.out).as_array();
}

}  // namespace

TEST_CASE("models of one number of weights are planned and trained with what was solved") {
    const Workplace place;
    place.put("sizes.json", matching());
    const auto trials = plan_of(place);
    REQUIRE(trials.size() == 8);
    for (const auto& trial : trials) {
        INFO(trial);
        const std::string matched = trial.at("matched").as_string().c_str();
        const int weights = trial.at("parameters").to_number<int>();
        if (trial.at("cell") == "dense") {
            CHECK(matched.empty());
            continue;
        }
        CHECK(std::abs(weights - wanted) <= wanted / 4);
        if (trial.at("cell") == "self-attention") continue;
        CHECK(matched.rfind("cell.hidden=", 0) == 0);
        CHECK(std::abs(weights - wanted) <= wanted / 50);
    }
    CHECK(unroll(place, {"plan", "sizes.json"}).prints("feed_forward="));

    const Ended run = unroll(place, {"run", "sizes.json", "--quiet"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    const auto results = rows(place,
                              "SELECT 'cell.hidden=' || hidden AS hidden, parameters, config ->> '$.cell.hidden'"
                              " = hidden AS same, 'cell.feed_forward=' || (config ->> '$.cell.feed_forward')"
                              " AS feed_forward, system, \"cell.heads\" AS heads FROM \"tiny\" ORDER BY place");
    REQUIRE(results.size() == trials.size());
    for (std::size_t i = 0; i < trials.size(); ++i) {
        CHECK(results[i].at("parameters") == trials[i].at("parameters"));
        CHECK(results[i].at("same") == 1);
        if (results[i].at("system") == "dense") continue;
        const bool by_width = results[i].at("system") != "feed-forward";
        CHECK(trials[i].at("matched") == results[i].at(by_width ? "hidden" : "feed_forward"));
    }
    CHECK(value(place,
                "SELECT count(*) FROM result WHERE cell = 'self-attention' AND hidden % (config ->> '$.cell.heads')"
                " = 0") == 4);
    CHECK(unroll(place, {"run", "sizes.json"}).says("0 trained, 8 already done"));
}

TEST_CASE("no width has a number of weights that is nearer") {
    const Workplace place;
    Manifest manifest = matching();
    const std::pair<const char*, int> cells[] = {
        {R"({ "plugin": "lstm", "layers": 2 })", 1},
        {R"({ "plugin": "self-attention", "heads": 4 })", 4},
        {R"({ "plugin": "self-attention", "heads": 3, "positions": "rotary" })", 6}};
    for (const auto& [cell, multiple] : cells) {
        manifest.cell = cell;
        manifest.sweep.clear();
        manifest.more = R"("match": { "parameters": 20000, "vary": "cell.hidden", "within": 0.3 })";
        place.put("sizes.json", manifest);
        const auto solved = plan_of(place).at(0);
        const int hidden = std::stoi(std::string(solved.at("matched").as_string()).substr(12));
        const int distance = std::abs(solved.at("parameters").to_number<int>() - wanted);
        CHECK(hidden % multiple == 0);
        for (const int other : {hidden - multiple, hidden + multiple}) {
            INFO(cell << " " << other);
            const auto neighbour =
                plan_of(place, {"--set", "match=null", "--set", "cell.hidden=" + std::to_string(other)}).at(0);
            CHECK(std::abs(neighbour.at("parameters").to_number<int>() - wanted) >= distance);
            CHECK_FALSE(neighbour.as_object().contains("matched"));
        }
    }
}

TEST_CASE("a number of weights that cannot be had is refused, and nothing is written") {
    const Workplace place;
    Manifest manifest = matching();
    manifest.sweep = R"({ "system": { "small": { "match.parameters": 100 },
        "coarse": { "cell.plugin": "self-attention", "cell.heads": 64, "match.parameters": 20000 } }, "seed": [1, 2] })";
    place.put("sizes.json", manifest);
    const auto before = files_in(place.path());
    const Ended run = unroll(place, {"run", "sizes.json"});
    INFO(run.err);
    CHECK(run.code == 2);
    CHECK(run.says("2 problems"));  // not one for each seed
    CHECK(run.says(R"(match.parameters: 100 for {"system":"small"}; the nearest possible is )"));
    CHECK(run.says("a multiple of 64"));
    CHECK(files_in(place.path()) == before);
}
