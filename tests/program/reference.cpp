// What `unroll schema` prints: docs/manifest.md, and a JSON Schema that every manifest of experiments/ satisfies.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.h"
#include "json/parse.h"
#include "validator.h"

namespace {

using unroll::json::Value;

std::string content_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::pair<std::string, int> schema(const std::string& arguments) {
    return output_of("env -u UNROLL_PLUGIN_PATH " UNROLL_PROGRAM " schema " + arguments);
}

}  // namespace

TEST_CASE("docs/manifest.md is what the program prints, below its introduction") {
    const auto [printed, code] = schema("--format markdown");
    REQUIRE(code == 0);
    const std::string page = content_of(UNROLL_SOURCE "/docs/manifest.md");
    const std::size_t begin = page.find("## The manifest\n");
    REQUIRE(begin != std::string::npos);
    INFO("after a change of settings or options, run scripts/manifest-reference");
    CHECK(page.substr(begin) == printed);
}

TEST_CASE("Every manifest of experiments/ satisfies the schema, as an independent validator sees it") {
    std::map<std::string, Value> manifests;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(UNROLL_SOURCE "/experiments"))
        if (entry.path().extension() == ".json")
            manifests.emplace(entry.path().filename(),
                              unroll::json::parse(content_of(entry.path()), entry.path().filename()));
    CHECK(manifests.size() > 40);
    Value wrong = manifests.at("quickstart.json");
    wrong.set("trainign", Value(unroll::json::Object{}));
    manifests.emplace("wrong.json", std::move(wrong));
    const auto [printed, code] = schema("");
    REQUIRE(code == 0);
    const auto verdicts = validate(printed, manifests);
    if (!verdicts) {
        WARN(no_validator);
        return;
    }
    CHECK(verdicts->size() == manifests.size());
    for (const auto& [name, verdict] : *verdicts) {
        INFO(name << ": " << verdict);
        CHECK((verdict == "ok") == (name != "wrong.json"));
    }
}

TEST_CASE("Another format than json and markdown is refused") {
    const auto [printed, code] = schema("--format yaml");
    CHECK(code == 2);
    CHECK_THAT(printed, Catch::Contains("expected: json or markdown"));
}
