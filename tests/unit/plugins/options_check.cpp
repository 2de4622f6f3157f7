// Options: what is given against what is declared, values as JSON, and declarations that contradict themselves.
#include "plugins/options_check.h"

#include <array>
#include <cmath>
#include <limits>

#include "catch.h"
#include "json/parse.h"
#include "json/write.h"

using namespace unroll;
using namespace unroll::plugins;

namespace {

constexpr std::array declared{
    Option::integer("heads", "4", 1, 64, "how many"),
    Option::number("rate", "0.5", 0, 1, "how fast"),
    Option::boolean("bias", "true", "with a bias"),
    Option::choice("norm", "\"pre\"", "pre|post|none", "where to normalise"),
    Option::text("label", "\"\"", "any text"),
    Option::path("path", "", "a file to read"),
    Option::numbers("split", "[0.9, 0.1, 0]", 0, 1, "shares"),
};
const Plugin plugin = detail::describe(Plugin::Kind::cell, "fixture", 1, "a fixture", declared);

Options chosen(const std::map<std::string, std::string>& texts, std::vector<Problem>& problems) {
    json::Object values;
    for (const auto& [name, value] : texts) values.push_back({name, {}, json::try_parse(value).value()});
    return check(plugin, values, "cell", problems);
}

Problem only_problem(std::map<std::string, std::string> texts) {
    texts.emplace("path", "\"x\"");
    std::vector<Problem> problems;
    chosen(texts, problems);
    REQUIRE(problems.size() == 1);
    return problems[0];
}

std::optional<Problem> declaration(const Option& option) {
    return check_declarations(detail::describe(Plugin::Kind::cell, "fixture", 1, "", {&option, 1}));
}

}  // namespace

TEST_CASE("defaults are there with their declared types") {
    std::vector<Problem> problems;
    const Options options = chosen({{"path", "\"x\""}}, problems);
    CHECK(problems.empty());
    CHECK(to_json(options) ==
          R"({"bias":true,"heads":4,"label":"","norm":"pre","path":"x","rate":0.5,"split":[0.9,0.1,0]})");
    CHECK(options.values().size() == declared.size());
}

TEST_CASE("values are normalised to the declared type") {
    std::vector<Problem> problems;
    const Options options =
        chosen({{"heads", "8.0"}, {"rate", "1"}, {"split", "[1, 0, 0e5]"}, {"path", "\"x\""}}, problems);
    CHECK(problems.empty());
    CHECK(options.values().at("heads") == Options::Value(std::int64_t{8}));
    CHECK(options.values().at("rate") == Options::Value(1.0));
    CHECK(options.values().at("split") == Options::Value(std::vector<double>{1, 0, 0}));
}

TEST_CASE("a wrong value is refused with what was written and what is allowed") {
    CHECK(to_string(only_problem({{"heads", "65"}})) ==
          "cell: heads: 65\n  expected: a whole number, 1 to 64\n  help: change the value, or leave it out for 4");
    for (const char* value :
         {"0", "-1", "1.5", "\"4\"", "true", "null", "[4]", "{}", "1e300", "99999999999999999999"}) {
        INFO(value);
        const Problem problem = only_problem({{"heads", value}});
        CHECK(problem.found == json::dump(json::try_parse(value).value()));
        CHECK(problem.expected == "a whole number, 1 to 64");
    }
    CHECK(only_problem({{"rate", "1.01"}}).expected == "a number, 0 to 1");
    CHECK(only_problem({{"rate", "1e999"}}).expected == "a number, 0 to 1");
    CHECK(only_problem({{"rate", "false"}}).expected == "a number, 0 to 1");
    CHECK(only_problem({{"bias", "1"}}).expected == "true or false");
    CHECK(only_problem({{"norm", "\"psot\""}}).expected == "\"pre\", \"post\" or \"none\"");
    CHECK(only_problem({{"norm", "\"psot\""}}).help == "did you mean \"post\"?");
    CHECK(only_problem({{"norm", "\"\""}}).help == "change the value, or leave it out for \"pre\"");
    CHECK(only_problem({{"label", "7"}}).expected == "a string");
    CHECK(only_problem({{"split", "[0.5, 2]"}}).expected == "a list of numbers, 0 to 1");
    CHECK(only_problem({{"split", "0.5"}}).expected == "a list of numbers, 0 to 1");
    CHECK(only_problem({{"split", "[[0.5]]"}}).expected == "a list of numbers, 0 to 1");
}

TEST_CASE("an unknown option comes with the nearest known one") {
    const Problem problem = only_problem({{"haeds", "2"}});
    CHECK(problem.where == "cell: haeds");
    CHECK(problem.found == "cell 'fixture' has no option 'haeds'");
    CHECK(problem.expected == "heads, rate, bias, norm, label, path, split");
    CHECK(problem.help == "did you mean \"heads\"?");
    CHECK(only_problem({{"colour", "2"}}).help == "'unroll plugins fixture' lists its options");
}

TEST_CASE("a required option must be given; all problems come at once") {
    std::vector<Problem> problems;
    chosen({{"heads", "0"}, {"rate", "2"}}, problems);
    REQUIRE(problems.size() == 3);
    CHECK(problems[2].where == "cell");
    CHECK(problems[2].found == "cell 'fixture' needs the option 'path'");
    CHECK(problems[2].expected == "a file, folder or glob, as a string");
    CHECK(problems[2].help == "give it: a file to read");
}

TEST_CASE("options are written with numbers that read back as the same double") {
    const auto written = [](Options::Value value) {
        Options options;
        options.set("x", std::move(value));
        return to_json(options);
    };
    for (const double value :
         {0.1, 1.0 / 3, 1e-300, 5e-324, 1.7976931348623157e308, 123456789.123, 2.2250738585072011e-308}) {
        const auto read = json::try_parse(written(value));
        REQUIRE(read);
        REQUIRE(read->find("x")->real());
        CHECK(*read->find("x")->real() == value);
    }
    CHECK(written(0.1) == R"({"x":0.1})");
    CHECK(written(1.0) == R"({"x":1})");
    CHECK(written(std::string("a\"\n→")) == R"({"x":"a\"\n→"})");
    CHECK(written(std::vector<double>{}) == R"({"x":[]})");
}

TEST_CASE("bounds that are no bounds are not shown") {
    constexpr double endless = std::numeric_limits<double>::infinity();
    CHECK(allowed(Option::number("n", "1", 0, endless, "")) == "a number, at least 0");
    CHECK(allowed(Option::number("n", "1", -endless, 1.5, "")) == "a number, at most 1.5");
    CHECK(allowed(Option::number("n", "1", -endless, endless, "")) == "a number");
    CHECK(allowed(Option::integer("n", "1", 0, 9007199254740992.0, "")) == "a whole number, at least 0");
}

TEST_CASE("declarations that contradict themselves are found") {
    for (const Option& option : declared) CHECK_FALSE(declaration(option));
    CHECK(declaration(Option::integer("n", "0", 1, 4, ""))->found == "default 0");
    CHECK(declaration(Option::integer("n", "0", 1, 4, ""))->where == "option 'n'");
    CHECK(declaration(Option::integer("n", "2", 4, 1, ""))->found == "bounds 4 to 1");
    CHECK(declaration(Option::number("n", "nan", 0, 1, ""))->found == "default nan, which is not JSON");
    CHECK(declaration(Option::number("n", "0", NAN, 1, ""))->found == "bounds nan to 1");
    CHECK(declaration(Option::choice("n", "\"c\"", "a|b", ""))->expected == "\"a\" or \"b\"");
    CHECK(declaration(Option::choice("n", "a", "a|b", ""))->found == "default a, which is not JSON");
    CHECK(declaration(Option::choice("n", "", "", ""))->found == "choices \"\"");
    CHECK(declaration(Option::text("", "", ""))->found == "an option without a name or with a null text");
    CHECK(declaration(Option::text("n", nullptr, ""))->found == "an option without a name or with a null text");

    const std::array twice{Option::text("n", "\"\"", ""), Option::boolean("n", "true", "")};
    CHECK(check_declarations(detail::describe(Plugin::Kind::cell, "fixture", 1, "", twice))->found == "declared twice");
}
