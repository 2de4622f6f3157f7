// unroll plot EXPERIMENT|QUERY|@FILE: a chart as a drawing for a paper.
#include <fmt/format.h>

#include "base/nearest.h"
#include "cli/arguments.h"
#include "cli/output_file.h"
#include "cli/png.h"
#include "cli/print.h"
#include "cli/query_text.h"
#include "report/figures.h"
#include "report/svg.h"
#include "store/experiments.h"
#include "unroll/error.h"

namespace unroll::cli {

Command plot_command() {
    Command command;
    command.usage =
        "unroll plot EXPERIMENT|QUERY|@FILE [-o FILE.svg|FILE.png] [--chart ID] [--metric SPLIT/NAME] [--by AXIS]..."
        " [--x AXIS] [--log x|y|xy] [--width column|page] [--timeout SECONDS]";
    command.about =
        "Draws one of the charts of 'unroll report' for a paper: an experiment's learning curves, or the chart that "
        "--chart names, with bands or bars for 95% confidence intervals. Its text is 8 points high and its width that "
        "of a column (240 points) or a page (498 points), so it is to be included without scaling. A file that ends in "
        ".png gets 300 pixels an inch; rsvg-convert makes it (package librsvg2-bin).\n"
        "A SELECT is drawn as well, under the guard of 'unroll sql': the first column is x and the second y, unless "
        "columns are named so; columns low and high give an interval, series tells lines apart, and panel puts them "
        "into charts of their own. An x of texts is an axis of categories.";
    command.options.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                                  "the file to write (default: EXPERIMENT.svg, of a query plot.svg)")(
        "chart", po::value<std::string>()->value_name("ID")->default_value("", "learning curve"),
        "which chart of the experiment: comparison, curve-train-loss, by-training-sequence-length, …; an unknown one "
        "lists them")("metric", po::value<std::string>()->value_name("SPLIT/NAME")->default_value("", "the manifest's"),
                      "as in validation/loss")(
        "by", po::value<std::vector<std::string>>()->composing()->value_name("AXIS"),
        "group by an axis, a column of the view result, or a path in the config; repeatable")(
        "x", po::value<std::string>()->value_name("AXIS")->default_value("", "step"),
        "horizontal axis of learning curves: step, epoch, seconds, tokens, FLOPs")(
        "log", po::value<std::string>()->value_name("x|y|xy|none")->default_value("", "the chart's"),
        "logarithmic axes")("width", po::value<std::string>()->value_name("column|page")->default_value("column"),
                            "how wide the drawing is")(
        "timeout", po::value<double>()->value_name("SECONDS")->default_value(60), "when a query is cancelled");
    command.positional = {"curve"};
    return command;
}

namespace {

constexpr double pixels_per_inch = 300;

bool ends_with(const std::string& text, std::string_view end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Whether a word that is no experiment's name can be a query.
bool is_query(const std::string& word) {
    return word.starts_with('@') || word.find_first_of(" \n\t") != word.npos;
}

/// The place of the horizontal axis that is asked for.
std::size_t axis_in(const report::Figure& figure, const std::string& name) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < figure.x.size(); ++i) {
        if (name.empty() || figure.x[i].name == name) return i;
        names.push_back(figure.x[i].name);
    }
    const std::string near = base::nearest(name, names);
    throw Error({"--x", fmt::format("'{}'", name), fmt::format("one of: {}", fmt::join(names, ", ")),
                 near.empty() ? "choose one of these, or leave --x out" : base::did_you_mean(near)});
}

report::SvgLook look_for(const report::Figure& figure, const Arguments& arguments) {
    report::SvgLook look;
    look.width = arguments.get<std::string>("width") == "page" ? report::page_width : report::column_width;
    look.x = axis_in(figure, arguments.get<std::string>("x"));
    const auto& log = arguments.get<std::string>("log");
    look.logarithmic_x = log.empty() ? figure.x[look.x].logarithmic : log.find('x') != log.npos;
    look.logarithmic_y = log.empty() ? figure.y.logarithmic : log.find('y') != log.npos;
    return look;
}

report::Figure figure_for(store::Store& store, const std::string& word, const Arguments& arguments) {
    if (!store::has_experiment(store, word) && is_query(word)) {
        for (const char* option : {"chart", "metric", "by"})
            if (arguments.has(option))
                throw Error({"command line", fmt::format("--{} with a query", option),
                             fmt::format("--{} with an experiment", option), "say it in the query instead"});
        return report::figure_of_query(store, query_in(word), timeout_in(arguments));
    }
    const analysis::ComparisonRequest request{word, arguments.list("by"), arguments.get<std::string>("metric"), ""};
    return report::figure_named(report::figures_of(store, request), arguments.get<std::string>("chart"), word);
}

}  // namespace

int plot(const Words& words) {
    const auto arguments = parse(plot_command(), words);
    if (!arguments) return success;
    const auto given = arguments->list("curve");
    if (given.size() != 1)
        throw Error({"command line", given.empty() ? "neither an experiment nor a query" : "several arguments",
                     "one experiment, or one SELECT in quotes",
                     "for example: unroll plot quickstart -o quickstart.svg"});
    std::string file = arguments->has("output") ? arguments->get<std::string>("output") : "";
    if (!file.empty() && !ends_with(file, ".svg") && !ends_with(file, ".png"))
        throw Error({"-o", fmt::format("'{}'", file), "a file that ends in .svg or .png", "name it so"});

    store::Store store(arguments->database, store::Store::Mode::read);
    const bool is_experiment = store::has_experiment(store, given[0]);
    const report::Figure figure = figure_for(store, given[0], *arguments);
    if (file.empty()) file = is_experiment ? file_name_for(given[0], ".svg") : "plot.svg";
    const std::string svg = report::to_svg(figure, look_for(figure, *arguments));
    write_output(file, ends_with(file, ".png") ? png_of(svg, pixels_per_inch) : svg);
    cli::print("wrote {}: {}\n", file, figure.about);
    return success;
}

}  // namespace unroll::cli
