// A comparison of groups as a table.
#include "cli/comparison_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analysis/warnings.h"
#include "base/text.h"
#include "cli/digits.h"

namespace unroll::cli {

namespace {

using analysis::Statistics;
using store::Value;

Value real(const std::optional<double>& number) {
    return number ? Value(*number) : Value();
}

/// "best learning_rate": the path stands in the caption.
std::string best_column(const std::string& axis) {
    return "best " + axis.substr(axis.rfind('.') + 1);
}

Value parameters_of(const analysis::Group& group) {
    if (group.fewest_parameters == group.most_parameters) return group.most_parameters;
    return fmt::format("{}-{}", group.fewest_parameters, group.most_parameters);
}

template <class Condition>
bool any_group(const analysis::Comparison& comparison, Condition condition) {
    return std::any_of(comparison.groups.begin(), comparison.groups.end(), condition);
}

}  // namespace

store::Table table_of(const analysis::Comparison& comparison) {
    store::Table table;
    table.columns = comparison.by;
    for (const std::string& axis : comparison.best) table.columns.push_back(best_column(axis));
    for (const char* name : {"parameters", "trials", "n", "mean", "sd", "low", "high", "diff", "diff_low", "diff_high",
                             "best", "unfinished", "diverged", "failed"})
        table.columns.emplace_back(name);
    for (const analysis::Group& group : comparison.groups) {
        auto& row = table.rows.emplace_back(group.by);
        row.insert(row.end(), group.best_choice.begin(), group.best_choice.end());
        row.insert(row.end(), {parameters_of(group), static_cast<std::int64_t>(group.trials.size()), group.of.n,
                               real(group.of.mean), real(group.of.sd), real(group.of.low), real(group.of.high),
                               real(group.difference.mean), real(group.difference.low), real(group.difference.high),
                               group.is_best ? Value("*") : Value(), group.unfinished, group.diverged, group.failed});
    }
    return table;
}

Look look_of(const analysis::Comparison& comparison) {
    Look look;
    look.leave_out = {"sd", "low", "high", "diff", "diff_low", "diff_high", "best", "unfinished", "diverged", "failed"};
    for (const char* name : {"mean", "sd", "low", "high", "diff", "diff_low", "diff_high"}) look.digits[name] = "sd";
    look.exact = comparison.by;
    for (const std::string& axis : comparison.best) look.exact.push_back(best_column(axis));
    look.hide_first = {"trials", "n", "sd", "parameters", "low", "high"};
    for (Size row = 0; row < comparison.groups.size(); ++row)
        if (comparison.groups[row].is_best) look.best.push_back(row);
    return look;
}

std::string label_of(const analysis::Comparison& comparison, std::size_t group) {
    std::string label;
    for (const auto* values : {&comparison.groups[group].by, &comparison.groups[group].best_choice})
        for (const Value& value : *values) label += (label.empty() ? "" : " ") + in_words(value);
    return label;
}

std::vector<PlotInterval> intervals_of(const analysis::Comparison& comparison) {
    std::vector<double> means, deviations;
    for (const analysis::Group& group : comparison.groups) {
        if (group.of.mean) means.push_back(*group.of.mean);
        if (group.of.sd) deviations.push_back(*group.of.sd);
    }
    const Digits digits = digits_by_deviation(deviations, means);
    std::vector<PlotInterval> intervals;
    for (std::size_t i = 0; i < comparison.groups.size(); ++i) {
        const Statistics& of = comparison.groups[i].of;
        if (!of.mean) continue;
        intervals.push_back({label_of(comparison, i), *of.mean, of.low, of.high, comparison.groups[i].is_best,
                             in_digits(*of.mean, digits)});
    }
    return intervals;
}

std::string caption_of(const analysis::Comparison& comparison) {
    std::string caption =
        fmt::format("{}, {} first", comparison.metric, comparison.goal == "max" ? "highest" : "lowest");
    if (!comparison.tuned_on.empty())
        caption += fmt::format("; {} chosen by {}", fmt::join(comparison.best, ", "), comparison.tuned_on);
    if (any_group(comparison, [](const analysis::Group& group) { return group.of.low.has_value(); }))
        caption += "; low, high: 95% confidence interval of the mean";
    if (any_group(comparison, [](const analysis::Group& group) { return group.difference.mean.has_value(); }))
        caption += fmt::format(
            "; diff: from the first {}, paired by seed, with its 95% interval",
            comparison.by.size() > 1
                ? fmt::format("at equal {}", fmt::join(comparison.by.begin() + 1, comparison.by.end(), ", "))
                : "row");
    if (any_group(comparison, [](const analysis::Group& group) { return group.is_best; }))
        caption += "; *: better than all others, together at 95%";
    return caption;
}

std::vector<std::string> notes_of(const analysis::Comparison& comparison) {
    std::vector<std::string> notes;
    if (comparison.without_metric > 0)
        notes.push_back(fmt::format(
            "{} {} no {}", base::count_of(static_cast<std::uint64_t>(comparison.without_metric), "finished trial"),
            comparison.without_metric == 1 ? "has" : "have", comparison.metric));
    for (const analysis::Warning& warning : analysis::warnings_of(comparison)) notes.push_back(warning.text);
    return notes;
}

}  // namespace unroll::cli
