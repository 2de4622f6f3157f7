// Command lines: what is given, how often, and help that fits on a terminal.
#include "cli/arguments.h"

#include <sstream>

#include "base/utf8.h"
#include "catch.h"
#include "command_output.h"
#include "unroll/error.h"

using namespace unroll;
using cli::Words;

namespace {

cli::Command a_command() {
    cli::Command command;
    command.usage =
        "unroll count NUMBER... [--step NUMBER] [--format table|csv|json|markdown] [--and-something-else TEXT]";
    command.about = "Counts. The lines of this text are broken where they have to be, and not where its literal is.";
    command.options.add_options()("step", cli::po::value<std::int64_t>()->default_value(1), "from one to the next")(
        "format", cli::po::value<std::string>()->value_name("table|csv|json")->default_value("table"), "how")(
        "also", cli::po::value<std::vector<std::string>>()->composing(), "several");
    command.positional = {"number"};
    return command;
}

std::string message(const Words& words, std::size_t count) {
    try {
        exactly(*parse(a_command(), words), "number", count, "as in 7", "give one");
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

int print_help(const Words&) {
    return parse(a_command(), {"--help"}) ? 1 : 0;
}

}  // namespace

TEST_CASE("what may be repeated is a list, empty when it is not given") {
    const auto arguments = parse(a_command(), {"7", "--also", "a", "8", "--also", "b"});
    REQUIRE(arguments);
    CHECK(arguments->list("number") == Words{"7", "8"});
    CHECK(arguments->list("also") == Words{"a", "b"});
    CHECK(arguments->database == "results/unroll.db");
    CHECK(parse(a_command(), {})->list("number").empty());
    CHECK(exactly(*arguments, "number", 2, "", "") == Words{"7", "8"});
}

TEST_CASE("a wrong number of arguments says how many there are, and how many are expected") {
    CHECK(message({"7"}, 1) == "no error");
    CHECK(message({}, 1) == "command line: no number\n  expected: exactly one number: as in 7\n  help: give one");
    CHECK(message({"7", "8"}, 1) ==
          "command line: 2 numbers\n  expected: exactly one number: as in 7\n  help: give one");
    CHECK(message({"7"}, 2) == "command line: 1 number\n  expected: exactly 2 numbers: as in 7\n  help: give one");
}

TEST_CASE("a number out of its range names the range") {
    const auto arguments = parse(a_command(), {"--step", "0"});
    CHECK_THROWS_WITH(whole_number(*arguments, "step", 1, 9, "count up"),
                      "--step: 0\n  expected: a whole number, 1 to 9\n  help: count up");
    CHECK(whole_number(*arguments, "step", 0, 9, "") == 0);
}

TEST_CASE("an option with choices takes no other word") {
    CHECK(parse(a_command(), {"--format", "csv"})->get<std::string>("format") == "csv");
    CHECK(parse(a_command(), {})->get<std::string>("format") == "table");
    CHECK_THROWS_WITH(parse(a_command(), {"--format", "xml"}),
                      "--format: 'xml'\n  expected: table, csv or json\n  help: choose one of these");
    const auto command = a_command();
    CHECK(cli::choices_of(*command.options.options()[1]) == Words{"table", "csv", "json"});
    CHECK(cli::choices_of(*command.options.options()[0]).empty());
    CHECK(cli::value_name(*command.options.options()[1]) == "table|csv|json");
}

TEST_CASE("help fits on a terminal, and breaks no option in two") {
    const std::string help = output_of(print_help, {});
    CHECK(help.find("-h [ --help ]") != help.npos);
    CHECK(help.find("[--format table|csv|json|markdown]") != help.npos);
    CHECK(help.find("[--and-something-else TEXT]") != help.npos);
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        CHECK(base::display_width(line) <= 100);
    }
}
