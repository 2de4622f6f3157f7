// A comparison of groups as a table.
#include "cli/comparison_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "cli/digits.h"

namespace unroll::cli {

namespace {

using analysis::Statistics;
using store::Value;

Value real(const std::optional<double>& number) {
    return number ? Value(*number) : Value();
}

/// A value of an axis as a reader would write it.
std::string in_words(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
    if (const auto* number = std::get_if<double>(&value)) return fmt::format("{:.6g}", *number);
    if (const auto* text = std::get_if<std::string>(&value)) return fitting(*text, std::string::npos);
    return "-";
}

}  // namespace

store::Table table_of(const analysis::Comparison& comparison) {
    store::Table table;
    table.columns = comparison.by;
    for (const std::string& axis : comparison.best) table.columns.push_back("best " + axis);
    for (const char* name : {"trials", "n", "mean", "sd", "low", "high", "unfinished", "diverged", "failed"})
        table.columns.emplace_back(name);
    for (const analysis::Group& group : comparison.groups) {
        auto& row = table.rows.emplace_back(group.by);
        row.insert(row.end(), group.best_choice.begin(), group.best_choice.end());
        row.insert(row.end(),
                   {static_cast<std::int64_t>(group.trials.size()), group.of.n, real(group.of.mean), real(group.of.sd),
                    real(group.of.low), real(group.of.high), group.unfinished, group.diverged, group.failed});
    }
    return table;
}

Look look_of(const analysis::Comparison& comparison) {
    Look look;
    look.leave_out = {"sd", "low", "high", "unfinished", "diverged", "failed"};
    for (const char* name : {"mean", "sd", "low", "high"}) look.digits[name] = "sd";
    look.hide_first = {"trials"};
    if (comparison.groups.size() > 1)
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
    const Look look = look_of(comparison);
    std::vector<PlotInterval> intervals;
    for (std::size_t i = 0; i < comparison.groups.size(); ++i) {
        const Statistics& of = comparison.groups[i].of;
        if (!of.mean) continue;
        const bool is_best = std::find(look.best.begin(), look.best.end(), i) != look.best.end();
        intervals.push_back({label_of(comparison, i), *of.mean, of.low, of.high, is_best, in_digits(*of.mean, digits)});
    }
    return intervals;
}

std::string caption_of(const analysis::Comparison& comparison) {
    const bool has_interval = std::any_of(comparison.groups.begin(), comparison.groups.end(),
                                          [](const analysis::Group& group) { return group.of.low.has_value(); });
    return fmt::format("{}, {} first{}", comparison.metric, comparison.goal == "max" ? "highest" : "lowest",
                       has_interval ? "; low and high: 95% confidence interval of the mean" : "");
}

std::vector<std::string> notes_of(const analysis::Comparison& comparison) {
    if (comparison.without_metric == 0) return {};
    return {fmt::format("{} {} no {}",
                        base::count_of(static_cast<std::uint64_t>(comparison.without_metric), "finished trial"),
                        comparison.without_metric == 1 ? "has" : "have", comparison.metric)};
}

}  // namespace unroll::cli
