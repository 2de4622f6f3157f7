// unroll sql QUERY|@FILE: a read-only query over the results.
#include <fmt/core.h>

#include <chrono>
#include <fstream>
#include <iterator>

#include "cli/arguments.h"
#include "cli/table.h"
#include "store/query.h"
#include "unroll/error.h"

namespace unroll::cli {

Command sql_command() {
    Command command;
    command.usage = "unroll sql QUERY|@FILE [--format table|csv|json|markdown] [--timeout SECONDS]";
    command.about =
        "Runs one SELECT over the results, or the one in FILE, read-only. In addition to SQLite's functions there are "
        "median(x) and stddev(x). Tables, views and examples are documented in results/README.md.";
    command.options.add_options()(
        "format", po::value<std::string>()->value_name("table|csv|json|markdown")->default_value("table"),
        "output format")("timeout", po::value<double>()->value_name("SECONDS")->default_value(60),
                         "when the query is cancelled");
    command.positional = {"query"};
    return command;
}

namespace {

std::string content_of(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.good() && !stream.eof()) text.clear();
    if (!stream.is_open() || text.empty())
        throw Error({file, stream.is_open() ? "an empty file" : "no such file", "a file with one SELECT",
                     "check the path behind @"});
    return text;
}

}  // namespace

int sql(const Words& words) {
    const auto arguments = parse(sql_command(), words);
    if (!arguments) return success;
    const Format format = format_of(arguments->get<std::string>("format"));
    const std::string argument = exactly(*arguments, "query", 1, "a SELECT in quotes, or @FILE",
                                         "for example: unroll sql 'SELECT name, about FROM experiment'")[0];
    const double timeout = arguments->get<double>("timeout");
    if (!(timeout > 0 && timeout <= 1e6))
        throw Error({"--timeout", fmt::format("{}", timeout), "seconds, above 0", "leave it out for 60 seconds"});

    const std::string query = argument.starts_with('@') ? content_of(argument.substr(1)) : argument;
    store::Store store(arguments->database, store::Store::Mode::read);
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(timeout));
    print_table(store::query(store, query, {}, limit), format, on_standard_output(), "");
    return success;
}

}  // namespace unroll::cli
