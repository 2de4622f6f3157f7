// Tables as text, in each format.
#include "cli/table.h"

#include <limits>
#include <sstream>

#include "base/utf8.h"
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
          "cell         n  loss\n"
          "----------  --  ----\n"
          "lstm         3  1.50\n"
          "gru         12  0.10\n"
          "a|b, \"c\"↵d      0.33\n");
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

TEST_CASE("columns in which nothing stands are left out for people, and kept for programs") {
    const Table counts{{"n", "failed", "diverged", "sd"},
                       {{std::int64_t{2}, std::int64_t{0}, std::int64_t{1}, Value{}},
                        {std::int64_t{0}, std::int64_t{0}, std::int64_t{0}, Value{}}}};
    const cli::Look look{.leave_out = {"failed", "diverged", "sd"}};
    CHECK(render(counts, Format::table, look) == "n  diverged\n-  --------\n2         1\n0         0\n");
    CHECK(render(counts, Format::markdown, look) == "| n | diverged |\n|---:|---:|\n| 2 | 1 |\n| 0 | 0 |\n");
    CHECK(render(counts, Format::csv, look) == "n,failed,diverged,sd\n2,0,1,\n0,0,0,\n");
    CHECK(render({{"failed"}, {}}, Format::table, look) == "failed\n------\n");
}

TEST_CASE("a mean has the digits of the deviation beside it") {
    const Table means{{"mean", "sd", "low"}, {{1.8381234, 0.0061, 1.8319}, {2.0491234, 0.0021, 2.0421}}};
    CHECK(render(means, Format::table, {.digits = {{"mean", "sd"}, {"sd", "sd"}, {"low", "sd"}}}) ==
          " mean     sd    low\n"
          "-----  -----  -----\n"
          "1.838  0.006  1.832\n"
          "2.049  0.002  2.042\n");
}

TEST_CASE("a table as wide as the terminal is not touched; a wider one wraps its texts") {
    const Table texts{{"n", "text"}, {{std::int64_t{1}, std::string("one two three four five six seven")}}};
    const std::string whole = render(texts, Format::table);
    CHECK(render(texts, Format::table, {.columns = 36}) == whole);
    CHECK(render(texts, Format::table, {.columns = 24}) ==
          "n  text\n"
          "-  ---------------------\n"
          "1  one two three four\n"
          "   five six seven\n");
    CHECK(render(texts, Format::markdown, {.columns = 24}) == render(texts, Format::markdown));
}

TEST_CASE("a cell has ten lines at most") {
    const Table long_text{{"text"}, {{std::string(500, 'x')}}};
    std::string expected = "text\n" + std::string(20, '-') + "\n";
    for (int line = 0; line < 9; ++line) expected += std::string(20, 'x') + "\n";
    CHECK(render(long_text, Format::table, {.columns = 20}) == expected + std::string(19, 'x') + "…\n");
}

TEST_CASE("a terminal that is too narrow hides columns in the order that is given, and names them") {
    const Table numbers{{"parameters", "gflop", "status"}, {{std::int64_t{105432}, 1.5, std::string("finished")}}};
    const cli::Look look{.columns = 22, .hide_first = {"gflop", "parameters"}};
    CHECK(render(numbers, Format::table, look) ==
          "parameters  status\n"
          "----------  --------\n"
          "    105432  finished\n"
          "hidden: gflop (a wider\n"
          "terminal or --format\n"
          "csv shows it)\n");
}

TEST_CASE("a row becomes a block when nothing else helps") {
    const Table numbers{{"parameters", "tokens_per_second", "cell"},
                        {{std::int64_t{105432}, std::int64_t{123456}, std::string("self-attention")},
                         {std::int64_t{7}, Value{}, std::string("gru")}}};
    CHECK(render(numbers, Format::table, {.columns = 34}) ==
          "--- row 1\n"
          "parameters         105432\n"
          "tokens_per_second  123456\n"
          "cell               self-attention\n"
          "--- row 2\n"
          "parameters         7\n"
          "tokens_per_second\n"
          "cell               gru\n");
}

TEST_CASE("no line is wider than the terminal") {
    Table wide{{}, {{}}};
    for (int i = 0; i < 14; ++i) {
        wide.columns.push_back("column" + std::to_string(i));
        wide.rows[0].push_back(i % 3 ? Value(1.0 / (i + 1)) : Value(std::string("some text that is rather long")));
    }
    for (const Size columns : {Size{60}, Size{80}, Size{120}}) {
        std::istringstream lines(render(wide, Format::table, {.columns = columns}));
        for (std::string line; std::getline(lines, line);) {
            INFO(line);
            CHECK(base::display_width(line) <= columns);
        }
    }
}

TEST_CASE("colour marks the head and the best rows, and changes no place") {
    const Table two{{"cell"}, {{std::string("gru")}, {std::string("rnn")}}};
    CHECK(render(two, Format::table, {.color = true, .best = {0}}) ==
          "\033[1mcell\033[0m\n\033[2m----\033[0m\n\033[32mgru\033[0m\nrnn\n");
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
          "| lstm | 3 | 1.50 |\n"
          "| gru | 12 | 0.10 |\n"
          "| a\\|b, \"c\"<br>d |  | 0.33 |\n");
}

TEST_CASE("an unknown format is refused with the known ones") {
    CHECK(cli::format_of("json") == Format::json);
    const auto message = message_of("xml");
    CHECK(message.find("'xml'") != std::string::npos);
    CHECK(message.find("table, csv, json or markdown") != std::string::npos);
}
