// unroll curve TRIAL...|EXPERIMENT: learning curves, drawn in the terminal or as a table.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/comparison.h"
#include "analysis/curves.h"
#include "analysis/group_curves.h"
#include "analysis/series_name.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/comparison_table.h"
#include "cli/message.h"
#include "cli/plot.h"
#include "cli/print.h"
#include "cli/stored_trial.h"
#include "cli/table.h"
#include "store/experiments.h"
#include "unroll/error.h"

namespace unroll::cli {

Command curve_command() {
    Command command;
    command.usage =
        "unroll curve EXPERIMENT|TRIAL... [--metric SPLIT/NAME]... [--by AXIS]... [--x step|epoch|seconds]"
        " [--from STEP] [--format plot|table|csv|json|markdown]";
    command.about =
        "Draws learning curves: of an experiment the mean over the trials of each group, grouped as by 'unroll "
        "compare', with the settings that it chooses; of single trials, given by their ids or the beginnings of their "
        "fingerprints, their own. Each curve "
        "ends with its last value. Trials that are running are shown as far as they are.";
    command.options.add_options()(
        "metric", po::value<std::vector<std::string>>()->composing()->value_name("SPLIT/NAME"),
        "as in train/loss; repeatable for trials (default: the experiment's, of a test metric the validation split's; "
        "losses of a trial)")(
        "by", po::value<std::vector<std::string>>()->composing()->value_name("AXIS"),
        "with an experiment: group by an axis, a column of the view result, or a path in the config; repeatable")(
        "x", po::value<std::string>()->value_name("step|epoch|seconds")->default_value("step"),
        "horizontal axis; seconds of training")("from", po::value<std::int64_t>()->value_name("STEP")->default_value(0),
                                                "leave out earlier steps, whose losses hide later differences")(
        "format", po::value<std::string>()->value_name("plot|table|csv|json|markdown")->default_value("plot"),
        "output format");
    command.positional = {"curve"};
    return command;
}

namespace {

/// Whether a word can be a trial's id or the beginning of its fingerprint.
bool may_be_trial(const std::string& word) {
    return word.find_first_not_of("0123456789") == word.npos ||
           (word.size() >= 4 && word.find_first_not_of("0123456789abcdef") == word.npos);
}

/// What is shown, whichever way: curves to draw, the same as a table, and what is said above.
struct Shown {
    std::string caption;
    std::vector<PlotCurve> curves;
    store::Table table;
};

/// Places of points on the horizontal axis, and which points are shown.
struct Axis {
    std::string name;
    std::uint64_t from = 0;

    template <class Point>
    double place(const Point& point) const {
        if (name == "epoch") return point.epoch;
        if (name == "seconds") return point.seconds;
        return double(point.step);
    }
};

store::Value real(const std::optional<double>& number) {
    return number ? store::Value(*number) : store::Value();
}

/// The series to draw for a metric: the test split has a value at the end only, the validation split a curve.
std::string curve_behind(const std::string& metric, const std::vector<std::string>& known) {
    const analysis::SeriesName series = analysis::series_named(metric);
    const std::string other = "validation/" + series.name;
    const bool has_curve = std::find(known.begin(), known.end(), other) != known.end();
    return series.split == "test" && has_curve ? other : metric;
}

Shown of_experiment(store::Store& store, const std::string& name, const Arguments& arguments, const Axis& axis) {
    const auto metrics = arguments.list("metric");
    if (metrics.size() > 1)
        throw Error({"--metric", fmt::format("{} metrics of an experiment", metrics.size()), "one metric",
                     "show the metrics one by one, or those of single trials: unroll curve TRIAL"});
    const analysis::Comparison comparison = analysis::compare(store, {name, arguments.list("by"), "", ""});
    const std::vector<std::string> known = store::series_of(store, store::find_experiment(store, name));
    const std::string metric = metrics.empty() ? curve_behind(comparison.metric, known) : metrics[0];
    if (!known.empty()) analysis::check_series(metric, known, name);
    Shown shown;
    shown.table.columns = comparison.by;
    for (const char* column : {"step", "epoch", "seconds", "n", "mean", "sd", "low", "high"})
        shown.table.columns.emplace_back(column);
    std::size_t most = 0;
    for (const analysis::GroupCurve& group : analysis::group_curves(store, comparison, metric)) {
        PlotCurve curve{label_of(comparison, group.group), {}};
        most = std::max(most, group.trials);
        for (const analysis::MeanPoint& point : group.points) {
            if (point.step < axis.from) continue;
            curve.points.push_back({axis.place(point), *point.of.mean});
            auto& row = shown.table.rows.emplace_back(comparison.groups[group.group].by);
            row.insert(row.end(), {std::int64_t(point.step), point.epoch, point.seconds, point.of.n,
                                   real(point.of.mean), real(point.of.sd), real(point.of.low), real(point.of.high)});
        }
        shown.curves.push_back(std::move(curve));
    }
    shown.caption =
        fmt::format("{}: {}{}", name, metric, most > 1 ? fmt::format(", means of up to {} trials", most) : "");
    return shown;
}

/// The metrics that are asked for; else the losses that a trial has, of several trials one each; else all series.
std::vector<std::string> metrics_of(const std::vector<analysis::Curve>& series, const Arguments& arguments) {
    std::vector<std::string> asked = arguments.list("metric"), losses, all;
    if (!asked.empty()) return asked;
    for (const analysis::Curve& curve : series) {
        all.push_back(curve.split + "/" + curve.name);
        if (curve.name == "loss" && curve.points.size() > 1) losses.push_back(all.back());
    }
    if (losses.size() > 1 && arguments.list("curve").size() > 1) return {losses.back()};  // validation behind train
    return losses.empty() ? all : losses;
}

void add_trial(store::Store& store, const std::string& name, const Arguments& arguments, const Axis& axis,
               Shown& shown) {
    const store::FoundTrial trial = store::find_trial(store, name);
    const auto series = analysis::curves_of(store, trial.id);
    std::vector<std::string> known;
    for (const analysis::Curve& curve : series) known.push_back(curve.split + "/" + curve.name);
    const std::string source = fmt::format("trial {}", trial.id);
    if (known.empty()) throw Error({source, "no values yet", "a trial that has begun", "run its manifest first"});
    for (const std::string& metric : metrics_of(series, arguments)) {
        analysis::series_named(metric);
        const auto found = std::find(known.begin(), known.end(), metric);
        if (found == known.end())
            throw Error({source, fmt::format("no metric '{}'", metric),
                         fmt::format("one of: {}", fmt::join(known, ", ")), "choose one of these with --metric"});
        const bool is_one = arguments.list("curve").size() == 1;
        PlotCurve curve{is_one ? metric : fmt::format("{} {}", trial.id, metric), {}};
        for (const analysis::CurvePoint& point : series[Size(found - known.begin())].points) {
            if (point.step < axis.from) continue;
            curve.points.push_back({axis.place(point), point.value});
            shown.table.rows.push_back(
                {trial.id, metric, std::int64_t(point.step), point.epoch, point.seconds, point.value});
        }
        shown.curves.push_back(std::move(curve));
    }
}

Shown of_trials(store::Store& store, const std::vector<std::string>& names, const Arguments& arguments,
                const Axis& axis) {
    if (arguments.has("by"))
        throw Error({"command line", "--by with trials", "--by with an experiment", "leave out --by"});
    Shown shown;
    shown.table.columns = {"trial", "metric", "step", "epoch", "seconds", "value"};
    for (const std::string& name : names) add_trial(store, name, arguments, axis, shown);
    shown.caption = fmt::format("trial{} {}", names.size() > 1 ? "s" : "", fmt::join(names, ", "));
    return shown;
}

}  // namespace

int curve(const Words& words) {
    const auto arguments = parse(curve_command(), words);
    if (!arguments) return success;
    const auto names = arguments->list("curve");
    if (names.empty())
        throw Error({"command line", "neither an experiment nor a trial", "an experiment, or one or more trials",
                     "for example: unroll curve quickstart"});
    const Axis axis{arguments->get<std::string>("x"),
                    whole_number(*arguments, "from", 0, std::uint64_t(1) << 53, "leave it out to see every step")};

    store::Store store(arguments->database, store::Store::Mode::read);
    const bool is_experiment = names.size() == 1 && (store::has_experiment(store, names[0]) || !may_be_trial(names[0]));
    const Shown shown =
        is_experiment ? of_experiment(store, names[0], *arguments, axis) : of_trials(store, names, *arguments, axis);
    const auto& format = arguments->get<std::string>("format");
    if (format != "plot") {
        Look look;
        look.leave_out = {"sd", "low", "high"};
        for (const char* column : {"mean", "sd", "low", "high"}) look.digits[column] = "sd";
        look.hide_first = {"seconds", "epoch", "low", "high"};
        print_table(shown.table, format_of(format), on_standard_output(look), shown.caption);
        return success;
    }
    const std::string plot = plot_curves(shown.curves, axis.name, plot_area());
    if (plot.empty())
        throw Error({shown.caption, axis.from ? fmt::format("no values from step {} on", axis.from) : "no values yet",
                     "at least one value to draw", "wait for the first evaluation, or lower --from"});
    print("{}\n{}", shown.caption, Ready{plot});
    if (std::all_of(shown.curves.begin(), shown.curves.end(),
                    [](const PlotCurve& curve) { return curve.points.size() <= 1; }))
        message(
            "note: one value each; the test split is evaluated once, when a trial has ended, and 'unroll compare' "
            "tells its values\n");
    return success;
}

}  // namespace unroll::cli
