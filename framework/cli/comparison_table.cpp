// How a comparison of groups is shown in a terminal.
#include "cli/comparison_table.h"

#include "base/digits.h"

namespace unroll::cli {

Look look_of(const analysis::Comparison& comparison) {
    Look look;
    look.leave_out = {"sd", "low", "high", "diff", "diff_low", "diff_high", "best", "unfinished", "diverged", "failed"};
    for (const char* name : {"mean", "sd", "low", "high", "diff", "diff_low", "diff_high"}) look.digits[name] = "sd";
    look.exact = comparison.by;
    for (const std::string& axis : comparison.best) look.exact.push_back(report::best_column(axis));
    look.hide_first = {"trials", "n", "sd", "parameters", "low", "high"};
    for (Size row = 0; row < comparison.groups.size(); ++row)
        if (comparison.groups[row].is_best) look.best.push_back(row);
    return look;
}

std::string label_of(const analysis::Comparison& comparison, std::size_t group) {
    return fitting(report::label_of(comparison, group), std::string::npos);
}

std::vector<PlotInterval> intervals_of(const analysis::Comparison& comparison) {
    std::vector<double> means, deviations;
    for (const analysis::Group& group : comparison.groups) {
        if (group.of.mean) means.push_back(*group.of.mean);
        if (group.of.sd) deviations.push_back(*group.of.sd);
    }
    const base::Digits digits = base::digits_by_deviation(deviations, means);
    std::vector<PlotInterval> intervals;
    for (std::size_t i = 0; i < comparison.groups.size(); ++i) {
        const analysis::Statistics& of = comparison.groups[i].of;
        if (!of.mean) continue;
        intervals.push_back({label_of(comparison, i), *of.mean, of.low, of.high, comparison.groups[i].is_best,
                             base::in_digits(*of.mean, digits)});
    }
    return intervals;
}

}  // namespace unroll::cli
