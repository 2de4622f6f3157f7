// What `unroll plugins` prints.
#include <boost/json.hpp>

#include "catch.h"
#include "cli/plugin_tables.h"
#include "unroll/error.h"

using namespace unroll;
namespace json = boost::json;

namespace {

const std::filesystem::path fixtures = UNROLL_BUILT_FIXTURES;

const std::vector<plugins::Folder> folders{{fixtures / "good", "--plugin-path", true},
                                           {fixtures / "another-build", "--plugin-path", true},
                                           {fixtures / "nowhere", "installed", false}};

const plugins::Catalog& catalog() {
    static const plugins::Catalog loaded = plugins::load(folders);
    return loaded;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the list has what was found, where was looked, and what was refused and why") {
    const std::string text = cli::describe(catalog(), folders, "");
    CHECK(contains(text, "fixture-cell"));
    CHECK(contains(text, "leaky average of a linear map"));
    CHECK(contains(text, "nowhere (installed; does not exist)\n"));
    CHECK(contains(text, "good (--plugin-path)\n"));
    CHECK(contains(text, "another-build.so: build 0123456789abcdef\n    expected: build " UNROLL_BUILD_HASH "\n"));
}

TEST_CASE("a name gives its options") {
    const std::string text = cli::describe(catalog(), folders, "fixture-dataset");
    CHECK(contains(text, "dataset 'fixture-dataset', revision 1: counts through letters\n"));
    CHECK(contains(text, "a whole number, 2 to 26"));
    CHECK(contains(text, "letters in the alphabet"));
    CHECK(contains(cli::describe(catalog(), folders, "fixture-sampler"), "no options"));
    CHECK_FALSE(contains(text, "fixture-cell"));
}

TEST_CASE("a cell has the settings of every cell, too") {
    const std::string text = cli::describe(catalog(), folders, "fixture-cell");
    CHECK(contains(text, "\nsettings of every cell\n"));
    for (const char* name : {"hidden", "layers", "dropout", "initializer"})
        CHECK(contains(text, std::string("\n") + name + " "));
    CHECK(contains(text, "a whole number, 1 to 1000000"));
    CHECK_FALSE(contains(cli::describe(catalog(), folders, "fixture-sampler"), "settings of every cell"));
    const json::value all = json::parse(cli::describe_json(catalog(), folders, "fixture-cell"));
    const json::value& hidden = all.at("found").at(0).at("settings").at(0);
    CHECK(hidden.at("name") == "hidden");
    CHECK(hidden.at("default") == 128);
    CHECK(hidden.at("required") == false);
}

TEST_CASE("a name that nothing has is an error with the reason") {
    try {
        cli::describe(catalog(), folders, "fixture-cel");
        FAIL("not reached");
    } catch (const Error& error) {
        CHECK(error.problem().found == "no plugin is named 'fixture-cel'");
        CHECK(error.problem().help == "did you mean \"fixture-cell\"?");
    }
    try {
        cli::describe_json(catalog(), folders, "another-build");
        FAIL("not reached");
    } catch (const Error& error) {
        CHECK(error.problem().found == "'another-build' was refused: build 0123456789abcdef");
    }
}

TEST_CASE("the same for programs") {
    const json::value all = json::parse(cli::describe_json(catalog(), folders, ""));
    REQUIRE(all.at("found").as_array().size() == 3);
    CHECK(all.at("refused").at(0).at("found") == "build 0123456789abcdef");
    CHECK(all.at("folders").at(2).at("why") == "installed");
    const json::value& option = all.at("found").at(1).at("options").at(0);
    CHECK(option.at("name") == "symbols");
    CHECK(option.at("type") == "integer");
    CHECK(option.at("default") == 4);
    CHECK(option.at("minimum") == 2);
    CHECK(option.at("maximum") == 26);
    CHECK(json::parse(cli::describe_json(catalog(), folders, "fixture-cell")).at("found").as_array().size() == 1);
}
