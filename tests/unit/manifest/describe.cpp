// The table of settings: what it fills, and the references made from it.
#include "manifest/describe.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "catch.h"
#include "fixtures.h"
#include "json/parse.h"
#include "json/write.h"
#include "manifest/schema.h"
#include "training/optimizer.h"
#include "training/schedule.h"
#include "validator.h"

namespace unroll::manifest::test {
namespace {

namespace fs = std::filesystem;

/// Manifests of fixtures/manifests/bad that the schema lets through, by what it would have to know to refuse them.
const std::map<std::string, std::vector<std::string>> beyond_a_schema = {
    {"the dataset's task",
     {"examples", "gradient-parts", "part-of-another-task", "sampling-no-sampler", "stop-accuracy"}},
    {"the dataset's splits and vocabulary",
     {"compare-no-split", "prompt-too-long", "prompt-unknown-symbol", "stop", "text-none", "text-short",
      "text-short-streams", "text-short-validation"}},
    {"which files are there, and what is in them",
     {"file-missing", "file-missing-absolute", "glob-missing", "sha256-another", "sha256-another-url", "text-empty",
      "text-refused", "url-folder-there"}},
    {"which paths are of single files", {"sha256-glob", "url-folder", "url-glob", "url-without-path"}},
    {"what a plugin's maker throws", {"cell-maker-throws", "maker-crashes", "maker-throws"}},
    {"what a cell says of itself once it is made", {"gradient-tokens", "looks-ahead", "streams-limited", "tied"}},
    {"how many weights models have", {"match-constant", "match-far", "match-tied", "match-undeclared"}},
    {"what else a path written elsewhere leads to",
     {"compare-words", "match-stack", "match-twice", "match-vary", "path-through-list", "path-through-value"}},
    {"all combinations of the sweep, which may change settings that must agree",
     {"path-twice-axes", "path-twice-inner", "path-twice-nested", "skip-never", "tied-one-hot", "too-many"}},
};

TEST_CASE("Every plain setting fills a field, or is one that is read where it is used") {
    std::set<std::string> fieldless;
    for (const Section& section : sections())
        for (const Setting& setting : section.settings)
            if (setting.shape == Setting::Shape::plain && !setting.field.set)
                fieldless.insert(std::string(section.path) + "." + setting.option.name);
    CHECK(fieldless == std::set<std::string>{".$schema",
                                             "cell.plugin",
                                             "dataset.plugin",
                                             "match.parameters",
                                             "match.state_size",
                                             "match.vary",
                                             "match.within",
                                             "model.decoder.plugin",
                                             "model.discriminator.plugin",
                                             "model.encoder.plugin",
                                             "model.generator.plugin",
                                             "sampling.grid",
                                             "sampling.sampler.plugin",
                                             "start.checkpoint",
                                             "start.digest",
                                             "start.experiment",
                                             "start.file_digest",
                                             "start.file",
                                             "start.step",
                                             "start.trial",
                                             "start.where"});
}

TEST_CASE("Every default is one that its setting may have") {
    for (const Section& section : sections())
        for (const Setting& setting : section.settings) {
            INFO(section.path << " " << setting.option.name);
            const bool null = std::string_view(setting.option.default_json) == "null";
            CHECK(default_value(setting).null() == (!*setting.option.default_json || null));
        }
}

TEST_CASE("Defaults of an optimizer are its own") {
    CHECK(default_optimizer("adam").learning_rate == 0.001);
    CHECK(default_optimizer("adam").beta2 == 0.999);
    CHECK(default_optimizer("adagrad").learning_rate == 0.01);
    CHECK(default_optimizer("adagrad").epsilon == 1e-10);
    CHECK(default_optimizer("rmsprop").decay == 0.99);
    CHECK(default_optimizer("adamw").weight_decay == 0.01);
    CHECK(default_optimizer("sgd").epsilon == 0);
    CHECK(default_schedule("exponential").decay == 1);
    const trial::Trial trial = default_trial();
    CHECK(trial.seed == 1);
    CHECK(trial.model.noise == 64);
    CHECK(trial.training.sequence_length == 64);
    CHECK(trial.training.evaluate_length == 64);
    CHECK(trial.training.optimizer.name == "adam");
    CHECK(trial.training.evaluate_every == trial.training.checkpoint_every);
}

TEST_CASE("Each optimizer and each schedule of the table has its rule, and the other way round") {
    const auto words = [](const char* path) {
        std::vector<std::string> all;
        for (const Variant& variant : section(path).variants) all.emplace_back(variant.name);
        return all;
    };
    CHECK(words("training.optimizer") == training::optimizers());
    CHECK(words("training.schedule") == training::schedules());
}

TEST_CASE("A manifest may name its schema, which changes nothing") {
    const trial::Trial plain = expand(with("")).trials.at(0).trial,
                       named = expand(with(R"("$schema": "unroll.schema.json")")).trials.at(0).trial;
    CHECK(named.config == plain.config);
    CHECK(named.fingerprint == plain.fingerprint);
    CHECK(problems(with(R"("$schema": 5)")) != "");
}

TEST_CASE("The schema has each plugin's options under its name, with help, default and range") {
    const json::Value schema = json_schema(catalog());
    const json::Value& cell = *schema.find("$defs")->find("cell");
    const json::Array& rules = *cell.find("allOf")->array();
    const auto rule = std::find_if(rules.begin(), rules.end(), [](const json::Value& each) {
        const json::Value* given = each.find("if")->find("properties");
        return given && *given->find("plugin")->find("const") == json::Value("looker");
    });
    REQUIRE(rule != rules.end());
    CHECK(json::dump(*rule->find("then")->find("properties")->find("heads")) ==
          R"({"type":"integer","minimum":1,"maximum":64,"description":"how many","default":4})");
    CHECK(*schema.find("properties")->find("seed")->find("description") == json::Value("random seed of the trial"));
}

TEST_CASE("The schema accepts what is right and refuses what it can tell to be wrong") {
    std::map<std::string, json::Value> manifests{{"right", *json::try_parse(with(""))}};
    std::map<std::string, std::string> reasons;
    for (const auto& entry : fs::directory_iterator(folder() / "bad")) {
        std::ifstream in(entry.path());
        std::stringstream text;
        text << in.rdbuf();
        if (entry.path().extension() == ".json")
            if (auto manifest = json::try_parse(text.str()))  // what is no JSON, no validator gets to see
                manifests.emplace(entry.path().stem(), std::move(*manifest));
    }
    for (const auto& [reason, names] : beyond_a_schema)
        for (const std::string& name : names) reasons.emplace(name, reason);
    const auto verdicts = validate(json::dump(json_schema(catalog())), manifests);
    if (!verdicts) {
        WARN(no_validator);
        return;
    }
    CHECK(verdicts->at("right") == "ok");
    CHECK(verdicts->size() == manifests.size());
    for (const auto& [name, verdict] : *verdicts) {
        INFO(name << ": " << verdict);
        CHECK((verdict == "ok") == (name == "right" || reasons.count(name) > 0));
    }
}

}  // namespace
}  // namespace unroll::manifest::test
