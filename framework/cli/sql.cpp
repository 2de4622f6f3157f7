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

namespace {

Command command() {
    Command command;
    command.usage = "unroll sql QUERY|@FILE [--format table|csv|json|markdown] [--timeout SECONDS]";
    command.about =
        "Runs one SELECT over the results, or the one in FILE. Nothing can be changed. Beside SQLite's functions there "
        "are\n"
        "median(x) and stddev(x). results/README.md has the tables, the views and examples.";
    command.options.add_options()("format", po::value<std::string>()->default_value("table"),
                                  "table, csv, json or markdown")("timeout", po::value<double>()->default_value(60),
                                                                  "seconds after which the query is given up");
    command.positional = {"query"};
    return command;
}

std::string content_of(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.good() && !stream.eof()) text.clear();
    if (!stream.is_open() || text.empty())
        throw Error({file, stream.is_open() ? "nothing to read" : "no such file", "a file with one SELECT", ""});
    return text;
}

}  // namespace

int sql(const Words& words) {
    const auto arguments = parse(command(), words);
    if (!arguments) return well;
    const Format format = format_of(arguments->get<std::string>("format"));
    const Words queries = arguments->has("query") ? arguments->get<std::vector<std::string>>("query") : Words();
    if (queries.size() != 1)
        throw Error({"command line", fmt::format("{} queries", queries.size()), "one query, in quotes",
                     "try: unroll sql 'SELECT name, about FROM experiment'"});
    const double timeout = arguments->get<double>("timeout");
    if (!(timeout > 0 && timeout <= 1e6))
        throw Error({"--timeout", fmt::format("{}", timeout), "seconds, more than 0", ""});

    const std::string query = queries[0].rfind('@', 0) == 0 ? content_of(queries[0].substr(1)) : queries[0];
    store::Store store(arguments->database, store::Store::Mode::read);
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(timeout));
    fmt::print("{}", render(store::query(store, query, {}, limit), format));
    return well;
}

}  // namespace unroll::cli
