// Tables as text, in each format.
#include "cli/table.h"

#include <limits>

#include "catch.h"
#include "unroll/error.h"

using namespace unroll;
using cli::Format;
using cli::render;
using store::Table;
using store::Value;

namespace {

const Table table{{"cell", "n", "loss"},
                  {{std::string("lstm"), std::int64_t{3}, 1.5},
                   {std::string("gru"), std::int64_t{12}, 0.1},
                   {std::string("a|b, \"c\"\nd"), Value{}, 1.0 / 3}}};

std::string message_of(std::string_view format) {
    try {
        cli::format_of(format);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("a table aligns texts to the left and numbers to the right") {
    CHECK(render(table, Format::table) ==
          "cell         n      loss\n"
          "----------  --  --------\n"
          "lstm         3       1.5\n"
          "gru         12       0.1\n"
          "a|b, \"c\"↵d      0.333333\n");
}

TEST_CASE("a table counts the places that a character takes, and shows control characters") {
    const Table wide{{"text", "n"},
                     {{std::string("这是"), std::int64_t{1}},
                      {std::string("\x1b[2J"), std::int64_t{2}},
                      {std::string("\xff!"), std::int64_t{3}}}};
    CHECK(render(wide, Format::table) ==
          "text     n\n"
          "-------  -\n"
          "这是     1\n"
          "\\x1b[2J  2\n"
          "\xEF\xBF\xBD!       3\n");
}

TEST_CASE("a table without rows is its head") {
    CHECK(render({{"a", "b"}, {}}, Format::table) == "a  b\n-  -\n");
    CHECK(render({{"a", "b"}, {}}, Format::csv) == "a,b\n");
    CHECK(render({{"a", "b"}, {}}, Format::json) == "[]\n");
    CHECK(render({{"a", "b"}, {}}, Format::markdown) == "| a | b |\n|---|---|\n");
}

TEST_CASE("csv quotes what needs it, keeps every digit and tells NULL from an empty text") {
    CHECK(render(table, Format::csv) ==
          "cell,n,loss\n"
          "lstm,3,1.5\n"
          "gru,12,0.1\n"
          "\"a|b, \"\"c\"\"\nd\",,0.3333333333333333\n");
    CHECK(render({{"a", "b"}, {{std::string(), Value{}}}}, Format::csv) == "a,b\n\"\",\n");
}

TEST_CASE("json has typed values and a key for every column") {
    CHECK(render(table, Format::json) ==
          "[\n"
          " {\"cell\": \"lstm\", \"n\": 3, \"loss\": 1.5},\n"
          " {\"cell\": \"gru\", \"n\": 12, \"loss\": 0.1},\n"
          " {\"cell\": \"a|b, \\\"c\\\"\\nd\", \"n\": null, \"loss\": 0.3333333333333333}\n"
          "]\n");
    CHECK(render({{"a", "a"}, {{1.5, std::numeric_limits<double>::infinity()}}}, Format::json) ==
          "[\n {\"a\": 1.5, \"a:2\": null}\n]\n");
    CHECK(render({{"a"}, {{std::string("\x01\\\xff")}}}, Format::json) ==
          "[\n {\"a\": \"\\u0001\\\\\xEF\xBF\xBD\"}\n]\n");
}

TEST_CASE("markdown keeps a row a row") {
    CHECK(render(table, Format::markdown) ==
          "| cell | n | loss |\n"
          "|---|---:|---:|\n"
          "| lstm | 3 | 1.5 |\n"
          "| gru | 12 | 0.1 |\n"
          "| a\\|b, \"c\"<br>d |  | 0.333333 |\n");
}

TEST_CASE("an unknown format is refused with the known ones") {
    CHECK(cli::format_of("json") == Format::json);
    const auto message = message_of("xml");
    CHECK(message.find("'xml'") != std::string::npos);
    CHECK(message.find("table, csv, json or markdown") != std::string::npos);
}
