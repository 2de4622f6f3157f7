// JSON: exact numbers, places of values and keys, and what malformed text is told.
#include "json/value.h"

#include <fmt/format.h>

#include <chrono>
#include <limits>

#include "catch.h"
#include "json/parse.h"
#include "json/write.h"
#include "manifest/path.h"
#include "unroll/sha256.h"

namespace unroll::manifest {
namespace {

json::Value parse(const std::string& text) {
    base::Diagnostics diagnostics;
    const auto value = json::parse(text, "text", diagnostics);
    diagnostics.raise();
    return *value;
}

TEST_CASE("Numbers are exactly what was written") {
    // Values that Boost.JSON's own conversion is known to miss by a unit in the last place are among these.
    for (const char* text :
         {"0.1", "1e-8", "5e-324", "1.7976931348623157e308", "9007199254740993.0", "0.3e-5", "8.5e-1",
          "123456789.123456789", "1234567890123456789012345678901234567890", "-0.0", "2.5E+3"}) {
        const json::Value value = parse(text);
        REQUIRE(value.real());
        CHECK(*value.real() == std::strtod(text, nullptr));
        CHECK(*parse(json::dump(value)).real() == *value.real());
    }
    CHECK(*parse("9007199254740991").integer() == 9007199254740991);
    CHECK(*parse("-9223372036854775808").integer() == std::numeric_limits<std::int64_t>::min());
    CHECK(parse("9223372036854775808").real());
    CHECK(*parse("1e400").real() == std::numeric_limits<double>::infinity());
    CHECK(*parse("1e-400").real() == 0.0);
}

TEST_CASE("JSON is written on one line, doubles recognisable and as short as they can be") {
    const char* text = R"({"a":[1,1.0,0.1,1e-08,true,null],"b":{"c":"ä\"\\\n\u0001"}})";
    CHECK(json::dump(parse(text)) == text);
    CHECK(json::dump(parse("\xef\xbb\xbf [1, 2,] // end")) == "[1,2]");
    CHECK(json::excerpt(json::Value(std::string(200, 'x'))).size() < 90);
}

TEST_CASE("Numbers are written bare where a reader takes 1 for a double, too") {
    CHECK(json::dump(parse("[1.0, 0.5, 1e-08, 1]"), json::Reals::bare) == "[1,0.5,1e-08,1]");
}

TEST_CASE("Indented, each member has a line, and a list of scalars has one") {
    CHECK(json::dump_indented(parse(R"({"a": [1, 2], "b": {"c": [{"d": null}], "e": {}}})")) ==
          "{\n  \"a\": [1,2],\n  \"b\": {\n    \"c\": [\n      {\n        \"d\": null\n      }\n    ],\n    "
          "\"e\": {}\n  }\n}");
    CHECK(parse(json::dump_indented(parse(R"({"a": [[1.5], "x"]})"))) == parse(R"({"a": [[1.5], "x"]})"));
}

/// What a malformed text is told: "FOUND | HELP".
std::string refused(const std::string& text) {
    base::Diagnostics diagnostics;
    CHECK_FALSE(json::parse(text, "text.json", diagnostics));
    try {
        diagnostics.raise();
    } catch (const base::Problems& problems) {
        const Problem& problem = problems.problems().at(0);
        return problem.found + " | " + problem.help;
    }
    return "";
}

TEST_CASE("What a word processor or a web page makes of JSON's signs is named as what it is") {
    CHECK(refused("{ “name”: 1 }") == "the typographic quotation mark “ (U+201C) | write straight quotes: \"");
    CHECK(refused("{ ‘name’: 1 }") == "the typographic quotation mark ‘ (U+2018) | write straight quotes: \"");
    CHECK(refused("{ «name»: 1 }") == "the quotation mark « (U+00AB) | write straight quotes: \"");
    CHECK(refused("{\xC2\xA0\"a\": 1 }") == "the no-break space (U+00A0) | write a plain space");
    CHECK(refused("{ \"a\": 1，\"b\": 2 }") == "the full-width comma ， (U+FF0C) | write a plain comma: ,");
    CHECK(refused("{ \"a\"： 1 }") == "the full-width colon ： (U+FF1A) | write a plain colon: :");
    CHECK(refused("{ \"a\": −1 }") == "the minus sign of typography − (U+2212) | write a minus sign: -");
    CHECK(refused("{ \"a\": \xE2\x80\x8B\x31 }") == "an invisible character (U+200B) | remove it");
    CHECK(refused("{ \"a\": \xEF\xBB\xBF\x31 }") == "a byte order mark (U+FEFF) | remove it");
    CHECK(refused("{ \"a\": é }") == "'é' (U+00E9) | write text in double quotes");
    CHECK(refused("{ \"a\": \x01 }") ==
          "the control character U+0001 | remove it; in a string, write it as in \"\\n\"");
}

TEST_CASE("The encoding of a file that is not UTF-8 is guessed") {
    CHECK(
        refused("{ \"a\": \"caf\xE9\" }") ==
        "the byte 0xE9, which is not valid UTF-8 | it looks like ISO-8859-1; convert it: iconv -f ISO-8859-1 -t UTF-8 "
        "text.json > text.json.utf8");
    CHECK(refused("{ \"a\": \"\x93yes\x94\" }").find("iconv -f WINDOWS-1252") != std::string::npos);
    std::string wide = "\xFF\xFE";
    for (const char c : std::string("{ \"a\": 1 }")) wide += {c, '\0'};
    CHECK(refused(wide).starts_with("UTF-16 text | it looks like UTF-16; convert it: iconv -f UTF-16 -t UTF-8"));
    CHECK(refused(wide.substr(2)).starts_with("UTF-16LE text | "));
}

TEST_CASE("NUL is refused in every text and key, wherever it stands") {
    const std::string nul = ", with the character \\u0000 (NUL) | remove it";
    CHECK(refused(R"({"a": "x\u0000y"})") == "\"x\\u0000y\"" + nul);
    CHECK(refused(R"({"a": [[{"b\u0000": 1}]]})") == "\"b\\u0000\"" + nul);
    CHECK(refused(std::string("{\"a\": \0}", 9)).starts_with("the control character U+0000"));
    // A program's own text keeps what it was given.
    CHECK(json::parse(R"(["\u0000"])", "stored") == json::Value(json::Array{json::Value(std::string(1, '\0'))}));
    CHECK_FALSE(json::try_parse(R"("\u0000")"));
}

TEST_CASE("Large texts are read in a time that grows with them, and larger ones refused") {
    std::string many = "{";
    for (int i = 0; i < 200'000; ++i) many += fmt::format("\"k{}\":{},", i, i);
    const auto begin = std::chrono::steady_clock::now();
    const json::Value value = parse(many + "}");
    CHECK(value.object()->size() == 200'000);
    std::string ones = "[";
    for (int i = 0; i < 1'000'000; ++i) ones += "1,";
    CHECK(refused(ones + "1]") ==
          "more than 1000000 values | write several manifests, or give the values in a file of the dataset");
    CHECK(refused("{\"" + std::string(1001, 'k') + "\": 1}").starts_with("a key of 1001 bytes | "));
    CHECK(refused(std::string(100'000, '[')).starts_with("more than 64 nested brackets"));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
    // Of a thousand things that are wrong, a hundred are told.
    std::string twice = "{";
    for (int i = 0; i < 1'000; ++i) twice += fmt::format("\"k{}\":1,\"k{}\":2,", i, i);
    CHECK_THROWS_WITH(parse(twice + "}"), Catch::Contains("101 problems") &&
                                              Catch::Contains("100 problems so far; the rest was not checked"));
}

TEST_CASE("A text may be tried") {
    CHECK(*json::try_parse("[1, ]") == parse("[1]"));
    for (const char* text : {"", "{", "nan", "{\"a\": 1, \"a\": 2}"}) CHECK_FALSE(json::try_parse(text));
}

TEST_CASE("Values and keys know their places, past comments, strings and trailing commas") {
    const json::Value value = parse(R"({ // "no": 1
  "a\"{": "x{,\\",  /* [
  3 ] */ "b": [ -1.5e3 , true,
    {"c": null, }, ],
})");
    const auto at = [](const json::Value& json) { return std::pair(json.at.line, json.at.column); };
    CHECK(at(value) == std::pair(1u, 1u));
    const json::Object& members = *value.object();
    CHECK(members[0].key == "a\"{");
    CHECK(members[0].at.line == 2);
    CHECK(at(members[0].value) == std::pair(2u, 11u));
    CHECK(*members[0].value.text() == "x{,\\");
    CHECK(members[1].at.line == 3);
    CHECK(members[1].at.column == 10);
    const json::Array& list = *members[1].value.array();
    CHECK(at(list[0]) == std::pair(3u, 17u));
    CHECK(at(list[1]) == std::pair(3u, 26u));
    CHECK(at(list[2]) == std::pair(4u, 5u));
    CHECK(at((*list[2].object())[0].value) == std::pair(4u, 11u));
}

TEST_CASE("What is no JSON but meant as a value is told what to write") {
    const auto help = [](const std::string& value) {
        base::Diagnostics diagnostics;
        CHECK_FALSE(json::parse("{\"a\": " + value + "}", "test", diagnostics));
        try {
            diagnostics.raise();
        } catch (const base::Problems& problems) {
            return problems.problems().at(0).help;
        }
        return std::string();
    };
    CHECK(help("True") == "write true");
    CHECK(help("False") == "write false");
    CHECK(help("None") == "write null");
    CHECK(help("-inf") == "write a number; JSON has neither NaN nor infinity");
    CHECK(help("1_000") == "write numbers without _");
    CHECK(help(".5") == "write a digit before the point, as in 0.5");
    CHECK(help("(0.9, 0.99)") == "write lists in brackets, as in [0.9, 0.999]");
    CHECK(help("64*2") == "write the product as one number");
    CHECK(help("1 # one") == "begin comments with //");
    CHECK(help("/, \"b\": 1") == "begin comments with //");
    CHECK(help("'x'") == "write strings in double quotes");
}

TEST_CASE("YAML and TOML are told from JSON with a mistake in it") {
    const auto help = [](const std::string& text) {
        base::Diagnostics diagnostics;
        CHECK_FALSE(json::parse(text, "test", diagnostics));
        try {
            diagnostics.raise();
        } catch (const base::Problems& problems) {
            return problems.problems().at(0).help;
        }
        return std::string();
    };
    const std::string yaml = "write it as JSON, as in {\"KEY\": VALUE, …}: this looks like YAML or TOML";
    CHECK(help("name: mine\ntraining:\n  steps: 5\n") == yaml);
    CHECK(help("name = \"mine\"\n") == yaml);
    CHECK(help("---\nname: mine\n") == yaml);
    CHECK(help("# a sweep\n# of mine\n\nname: mine\n") == yaml);
    CHECK(help("# a sweep\n{\"name\": 1}") == "begin comments with //");
    CHECK(help("{name: 1}") != yaml);
    CHECK(help("mine") != yaml);
}

TEST_CASE("On one line for people, numbers are as they would write them") {
    CHECK(json::dump_spaced(*json::try_parse(R"({"a":[1e-4,0.5,1.0,2],"b":{"c":null}})")) ==
          R"({"a": [0.0001, 0.5, 1, 2], "b": {"c": null}})");
}

TEST_CASE("A key that comes twice is a problem and the first stays") {
    base::Diagnostics diagnostics;
    const auto value = json::parse("{\"a\": 1,\n \"b\": {\"a\": 2, \"a\": 3}, \"a\": 4}", "text", diagnostics);
    REQUIRE(value);
    CHECK(json::dump(*value) == R"({"a":1,"b":{"a":2}})");
    CHECK_THROWS_WITH(diagnostics.raise(),
                      Catch::Contains("2 problems") && Catch::Contains("text:2: duplicate key \"a\""));
}

TEST_CASE("Equality ignores the order of members and the kind of number") {
    CHECK(parse(R"({"a":1,"b":[2.0,"x"]})") == parse(R"({"b":[2,"x"],"a":1.0})"));
    CHECK_FALSE(parse("[1]") == parse("[1,1]"));
    CHECK_FALSE(parse("0") == parse("false"));
    CHECK_FALSE(parse("{}") == parse("null"));
}

TEST_CASE("Deep nesting is refused, not followed") {
    base::Diagnostics diagnostics;
    CHECK_FALSE(json::parse(std::string(100'000, '['), "text", diagnostics));
    CHECK_THROWS_WITH(diagnostics.raise(), Catch::Contains("more than 64 nested brackets"));
}

TEST_CASE("Paths have one spelling") {
    CHECK(normal_path("cell[0].hidden") == "cell.0.hidden");
    CHECK(normal_path("seed") == "seed");
    for (const char* wrong : {"", ".", "a..b", "a.", "cell[0", "cell[]", "cell[0]x"}) CHECK_FALSE(normal_path(wrong));
    CHECK(overlap("cell", "cell.hidden"));
    CHECK(overlap("cell.hidden", "cell.hidden"));
    CHECK_FALSE(overlap("cell.hidden", "cell.hid"));
}

TEST_CASE("Values are set by path, and what is in the way is told") {
    json::Value root = parse(R"({"cell": [{"hidden": 1}, {}], "seed": 3})");
    CHECK_FALSE(set_at(root, "cell.1.hidden", json::Value(2.5)));
    CHECK_FALSE(set_at(root, "training.optimizer.name", json::Value("x")));
    CHECK(json::dump(root) ==
          R"({"cell":[{"hidden":1},{"hidden":2.5}],"seed":3,"training":{"optimizer":{"name":"x"}}})");
    CHECK(set_at(root, "cell.2.hidden", json::Value(1.0))->array());
    CHECK(set_at(root, "seed.x", json::Value(1.0))->integer());
}

TEST_CASE("SHA-256 is SHA-256") {
    CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace unroll::manifest
