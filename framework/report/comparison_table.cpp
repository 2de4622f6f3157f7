// A comparison of groups as a table, and in words.
#include "report/comparison_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analysis/warnings.h"
#include "base/digits.h"
#include "base/text.h"
#include "report/words.h"

namespace unroll::report {

namespace {

using store::Value;

Value real(const std::optional<double>& number) {
    return number ? Value(*number) : Value();
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

std::string best_column(const std::string& axis) {
    return "best " + last_key(axis);
}

store::Table table_of(const analysis::Comparison& comparison) {
    store::Table table;
    table.columns = comparison.by;
    for (const std::string& axis : comparison.best) table.columns.push_back(best_column(axis));
    table.columns.emplace_back("parameters");
    table.columns.insert(table.columns.end(), comparison.show.begin(), comparison.show.end());
    for (const char* name : {"trials", "n", "mean", "sd", "low", "high", "diff", "diff_low", "diff_high", "best",
                             "unfinished", "diverged", "failed"})
        table.columns.emplace_back(name);
    for (const analysis::Group& group : comparison.groups) {
        auto& row = table.rows.emplace_back(group.by);
        row.insert(row.end(), group.best_choice.begin(), group.best_choice.end());
        row.push_back(parameters_of(group));
        row.insert(row.end(), group.shown.begin(), group.shown.end());
        row.insert(row.end(), {static_cast<std::int64_t>(group.trials.size()), group.of.n, real(group.of.mean),
                               real(group.of.sd), real(group.of.low), real(group.of.high), real(group.difference.mean),
                               real(group.difference.low), real(group.difference.high),
                               group.is_best ? Value("*") : Value(), group.unfinished, group.diverged, group.failed});
    }
    return table;
}

std::string label_of(const analysis::Comparison& comparison, std::size_t group) {
    std::string label;
    for (const auto* values : {&comparison.groups[group].by, &comparison.groups[group].best_choice})
        for (const Value& value : *values) label += (label.empty() ? "" : " ") + in_words(value);
    return label;
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

namespace {

std::string joined(const std::vector<std::string>& words) {
    if (words.size() < 2) return words.empty() ? "" : words[0];
    const std::vector<std::string> first(words.begin(), words.end() - 1);
    return fmt::format("{} and {}", fmt::join(first, ", "), words.back());
}

/// "sequence_length 64: ", of the values that the groups of a block agree in; "" when there are none.
std::string place_of(const analysis::Comparison& comparison, const analysis::Group& group) {
    std::vector<std::string> parts;
    for (std::size_t i = 1; i < group.by.size(); ++i)
        parts.push_back(fmt::format("{} {}", last_key(comparison.by[i]), in_words(group.by[i])));
    return parts.empty() ? "" : fmt::format("{}: ", fmt::join(parts, ", "));
}

std::string name_of(const analysis::Group& group) {
    return group.by.empty() ? "all trials" : in_words(group.by[0]);
}

/// `block` begins with its leader, which has a mean.
std::string answer_of(const analysis::Comparison& comparison, const std::vector<const analysis::Group*>& block,
                      base::Digits digits) {
    const analysis::Group& leader = *block[0];
    const bool is_highest = comparison.goal == "max";
    const std::string start = place_of(comparison, leader) + name_of(leader);
    const std::string mean = base::in_digits(*leader.of.mean, digits);
    std::vector<std::string> equals, unknown;
    for (const analysis::Group* group : block) {
        if (group == &leader || !group->of.mean) continue;
        const analysis::Statistics& difference = group->difference;
        if (!difference.low)
            unknown.push_back(name_of(*group));
        else if (*difference.low <= 0 && *difference.high >= 0)
            equals.push_back(name_of(*group));
    }
    const bool is_alone =
        std::count_if(block.begin(), block.end(), [](const auto* group) { return group->of.mean.has_value(); }) == 1;
    if (is_alone) return fmt::format("{} has a mean {} of {}.", start, comparison.metric, mean);
    if (leader.is_best)
        return fmt::format("{} is best, with a mean {} of {}: better than all others, together at 95%.", start,
                           comparison.metric, mean);
    const std::string leads =
        fmt::format("{} has the {} mean {}, {}", start, is_highest ? "highest" : "lowest", comparison.metric, mean);
    if (!equals.empty())
        return fmt::format("{}, but the trials do not tell it apart from {} (95%, paired by seed).", leads,
                           joined(equals));
    if (!unknown.empty())
        return fmt::format("{}; there are too few pairs of one seed to say whether {} differ{}.", leads,
                           joined(unknown), unknown.size() == 1 ? "s" : "");
    return fmt::format("{}; each other differs from it at 95%, but not all of them together.", leads);
}

}  // namespace

std::vector<std::string> answers_of(const analysis::Comparison& comparison) {
    std::vector<std::vector<const analysis::Group*>> blocks;
    std::vector<double> means, deviations;
    for (const analysis::Group& group : comparison.groups) {
        if (blocks.size() <= group.block) blocks.resize(group.block + 1);
        blocks[group.block].push_back(&group);
        if (group.of.mean) means.push_back(*group.of.mean);
        if (group.of.sd) deviations.push_back(*group.of.sd);
    }
    const base::Digits digits = base::digits_by_deviation(deviations, means);
    std::vector<std::string> answers;
    for (const auto& block : blocks)
        if (!block.empty() && block[0]->of.mean) answers.push_back(answer_of(comparison, block, digits));
    return answers;
}

}  // namespace unroll::report
