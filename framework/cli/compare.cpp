// unroll compare EXPERIMENT: n, mean, sd and 95% interval of a metric by group.
#include <fmt/core.h>

#include <algorithm>

#include "analysis/several_experiments.h"
#include "cli/arguments.h"
#include "cli/comparison_table.h"
#include "cli/print.h"
#include "cli/table.h"
#include "unroll/error.h"

namespace unroll::cli {

Command compare_command() {
    Command command;
    command.usage =
        "unroll compare EXPERIMENT... [--by AXIS]... [--metric SPLIT/NAME] [--goal min|max]"
        " [--where AXIS=VALUE]... [--show COLUMN]... [--plot] [--format table|csv|json|markdown]";
    command.about =
        "Compares groups of an experiment's trials: the number of weights and of trials, and the mean, standard "
        "deviation (sd) and 95% confidence interval of the mean (Student's t; low to high) of a metric over the "
        "finished ones. Values of the first axis are compared at equal values of the others, the best mean first; diff "
        "is the difference from that one, paired by seed, with its 95% interval. The best is marked * if its paired "
        "differences from all others exclude 0, together at 95% (Bonferroni).\n"
        "Several experiments are compared with each other: a row for each at equal values of the axes, their "
        "differences paired by seed.\n"
        "Defaults come from `compare` in the manifest. For each axis in its `best`, only the best value is shown; it "
        "is "
        "chosen by the metric, or, for a metric of the test split, by that of the validation split. Notes tell what "
        "may mislead: a best value at the edge of its axis, different numbers of weights, and the like.";
    command.options.add_options()("by", po::value<std::vector<std::string>>()->composing()->value_name("AXIS"),
                                  "group by an axis, a column of the view result, or a path in the config; repeatable")(
        "metric", po::value<std::string>()->value_name("SPLIT/NAME")->default_value("", "the manifest's"),
        "as in validation/loss")("goal",
                                 po::value<std::string>()->value_name("min|max")->default_value("", "the manifest's"),
                                 "whether the lowest or the highest mean is best")(
        "format", po::value<std::string>()->value_name("table|csv|json|markdown")->default_value("table"),
        "output format");
    command.options.add_options()("where", po::value<std::vector<std::string>>()->composing()->value_name("AXIS=VALUE"),
                                  "include only trials with this value, as in cell.plugin=gru; repeatable");
    command.options.add_options()(
        "show", po::value<std::vector<std::string>>()->composing()->value_name("COLUMN"),
        "tell the mean of another column of numbers of the view result beside it, such as state_size or "
        "tokens_per_second; repeatable");
    command.options.add_options()("plot", po::bool_switch(), "draw the means and intervals below the table");
    command.positional = {"experiment"};
    return command;
}

int compare(const Words& words) {
    const auto arguments = parse(compare_command(), words);
    if (!arguments) return success;
    const Format format = format_of(arguments->get<std::string>("format"));
    const bool plots = arguments->get<bool>("plot");
    if (plots && (format == Format::csv || format == Format::json))
        throw Error({"command line", fmt::format("--plot with --format {}", arguments->get<std::string>("format")),
                     "--plot with a table for people", "leave out one of the two"});
    analysis::ComparisonRequest request;
    const Words experiments = arguments->list("experiment");
    if (experiments.empty())
        throw Error({"command line", "no experiment", "the name of one experiment, or of several to compare",
                     "list them with: unroll list"});
    for (auto name = experiments.begin(); name != experiments.end(); ++name)
        if (std::find(experiments.begin(), name, *name) != name)
            throw Error({"command line", fmt::format("'{}' twice", *name), "different experiments", "name each once"});
    request.by = arguments->list("by");
    request.metric = arguments->get<std::string>("metric");
    request.goal = arguments->get<std::string>("goal");
    request.show = arguments->list("show");
    for (const std::string& text : arguments->list("where")) request.where.push_back(analysis::condition_in(text));

    store::Store store(arguments->database, store::Store::Mode::read);
    const analysis::Comparison comparison = analysis::compare_experiments(store, experiments, request);
    print_table(table_of(comparison), format, on_standard_output(look_of(comparison)), caption_of(comparison),
                notes_of(comparison));
    if (plots) print("\n{}", Ready{plot_intervals(intervals_of(comparison), plot_area())});
    return success;
}

}  // namespace unroll::cli
