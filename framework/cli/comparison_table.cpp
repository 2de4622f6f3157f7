// A comparison of groups as a table.
#include "cli/comparison_table.h"

#include <fmt/core.h>

#include <optional>

#include "base/text.h"

namespace unroll::cli {

namespace {

using store::Value;

Value real(const std::optional<double>& number) {
    return number ? Value(*number) : Value();
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

std::vector<std::string> notes_of(const analysis::Comparison& comparison) {
    if (comparison.without_metric == 0) return {};
    return {fmt::format("{} {} no {}",
                        base::count_of(static_cast<std::uint64_t>(comparison.without_metric), "finished trial"),
                        comparison.without_metric == 1 ? "has" : "have", comparison.metric)};
}

}  // namespace unroll::cli
