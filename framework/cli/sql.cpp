// unroll sql QUERY|@FILE: a read-only query over the results.
#include <fmt/core.h>

#include <chrono>

#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/query_text.h"
#include "cli/table.h"
#include "store/query.h"

namespace unroll::cli {

Command sql_command() {
    Command command;
    command.usage = "unroll sql QUERY|@FILE [--format table|csv|json|markdown] [--timeout SECONDS]";
    command.about =
        "Runs one SELECT over the results, or the one in FILE, read-only, with SQLite's functions of numbers, texts, "
        "dates and JSON, median(x) and stddev(x). Time, memory and the size of the result are limited. Tables, views, "
        "functions and examples are documented in results/README.md.";
    command.options.add_options()(
        "format", po::value<std::string>()->value_name("table|csv|json|markdown")->default_value("table"),
        "output format")("timeout", po::value<double>()->value_name("SECONDS")->default_value(60),
                         "when the query is cancelled");
    command.positional = {"query"};
    return command;
}

int sql(const Words& words) {
    const auto arguments = parse(sql_command(), words);
    if (!arguments) return success;
    const Format format = format_of(arguments->get<std::string>("format"));
    const std::string argument = exactly(*arguments, "query", 1, "a SELECT in quotes, or @FILE",
                                         "for example: unroll sql 'SELECT name, about FROM experiment'")[0];
    const std::chrono::milliseconds timeout = timeout_in(*arguments);

    const std::string query = query_in(argument);
    store::Store store(arguments->database, store::Store::Mode::read);
    const auto rows = [&] {
        const Interruptible interruptible;
        return store::query(store, query, {}, {.timeout = timeout, .stop = &interruptible.flag()});
    }();
    print_table(rows, format, on_standard_output(), "");
    return success;
}

}  // namespace unroll::cli
