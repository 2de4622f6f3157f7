// unroll compare EXPERIMENT: n, mean, sd and 95% interval of a metric by group.
#include <fmt/core.h>

#include "cli/arguments.h"
#include "cli/comparison.h"
#include "cli/table.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

Command command() {
    Command command;
    command.usage =
        "unroll compare EXPERIMENT [--by AXIS]... [--metric SPLIT/NAME] [--goal min|max]"
        " [--format table|csv|json|markdown]";
    command.about =
        "Compares groups of an experiment's trials, the best mean first: how many there are, and mean, standard "
        "deviation\n"
        "and 95% interval (Student's t, from low to high) of a metric over the finished ones.\n"
        "What is not given comes from the manifest's `compare`; of the axes in its `best`, the best choice is shown.";
    command.options.add_options()("by", po::value<std::vector<std::string>>()->composing(),
                                  "an axis, a column of result or a path of the config; several in turn")(
        "metric", po::value<std::string>()->default_value("", "the manifest's"), "as in validation/loss")(
        "goal", po::value<std::string>()->default_value("", "the manifest's"), "min or max: which mean comes first")(
        "format", po::value<std::string>()->default_value("table"), "table, csv, json or markdown");
    command.positional = {"experiment"};
    return command;
}

}  // namespace

int compare(const Words& words) {
    const auto arguments = parse(command(), words);
    if (!arguments) return well;
    const Format format = format_of(arguments->get<std::string>("format"));
    ComparisonRequest request;
    if (arguments->has("experiment")) {
        const auto& names = arguments->get<std::vector<std::string>>("experiment");
        if (names.size() == 1) request.experiment = names[0];
    }
    if (request.experiment.empty())
        throw Error({"command line", "not one experiment", "the name of one experiment",
                     "unroll sql 'SELECT name, about FROM experiment' lists them"});
    if (arguments->has("by")) request.by = arguments->get<std::vector<std::string>>("by");
    request.metric = arguments->get<std::string>("metric");
    request.goal = arguments->get<std::string>("goal");
    if (!request.goal.empty() && request.goal != "min" && request.goal != "max")
        throw Error({"--goal", fmt::format("'{}'", request.goal), "min or max", ""});

    store::Store store(arguments->database, store::Store::Mode::read);
    const Comparison comparison = compare_groups(store, request);
    fmt::print(stderr, "{}, the {} first; low … high: 95% interval of the mean\n", comparison.metric,
               comparison.goal == "max" ? "highest" : "lowest");
    for (const auto& note : comparison.notes) fmt::print(stderr, "note: {}\n", note);
    fmt::print("{}", render(comparison.table, format));
    return well;
}

}  // namespace unroll::cli
