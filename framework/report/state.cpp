// How many trials are finished, what they cost, and what diverged or failed.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "report/comparison_table.h"
#include "report/ending.h"
#include "report/sections.h"
#include "report/trial_label.h"
#include "report/words.h"

namespace unroll::report {

namespace {

using analysis::ComparedTrial;
using analysis::Group;
using store::Value;
using Status = trial::TrialStatus;

/// The mean of what is known of some trials, and its sum.
struct Total {
    double sum = 0;
    std::int64_t n = 0;

    void add(std::optional<double> value) {
        if (!value) return;
        sum += *value;
        ++n;
    }
    Value mean() const { return n ? Value(sum / static_cast<double>(n)) : Value(); }
    Value total() const { return n ? Value(sum) : Value(); }
};

/// "36 trials: 30 finished, 6 diverged"
std::string counts(const Source& source) {
    std::int64_t all = 0;
    std::vector<std::string> parts;
    std::map<std::string_view, std::int64_t> by_status;
    for (const Group& group : source.comparison.groups)
        for (const ComparedTrial& trial : group.trials) ++by_status[trial::to_string(trial.status)];
    for (const auto& [status, trials] : by_status) {
        all += trials;
        parts.push_back(fmt::format("{} {}", trials, status));
    }
    return fmt::format("{}: {}.", base::count_of(static_cast<std::uint64_t>(all), "trial"),
                       parts.empty() ? "none planned" : fmt::format("{}", fmt::join(parts, ", ")));
}

/// What a trial of each group's best choice takes, and all of the group's trials together.
Table costs(const Source& source) {
    Table table;
    table.caption =
        "Means over the finished trials of each group's best choice; the last column adds up the training time of all "
        "its trials, whatever their choice";
    for (const std::string& name : source.comparison.by) table.columns.push_back({name, {}});
    const std::size_t settings = table.columns.size();
    table.columns.insert(table.columns.end(), {{"weights", {}},
                                               {"tokens/s", {0, 6}},
                                               {"seconds", {-1, 4}},
                                               {"tokens", {-1, 4}},
                                               {"FLOPs", {-1, 3}},
                                               {"seconds of all", {-1, 4}}});
    std::vector<std::vector<double>> seen(6);
    for (const Group& group : source.comparison.groups) {
        Total speed, seconds, tokens, flops, of_all;
        const auto cost_of = [&](const ComparedTrial& trial) { return source.costs.at(trial.id); };
        for (const ComparedTrial* trial : finished_of(group)) {
            const Cost cost = cost_of(*trial);
            speed.add(cost.tokens_per_second);
            seconds.add(cost.seconds);
            tokens.add(cost.tokens);
            flops.add(cost.flops());
        }
        for (const ComparedTrial& trial : group.trials) of_all.add(cost_of(trial).seconds);
        auto& row = table.rows.emplace_back(group.by);
        row.insert(row.end(),
                   {group.most_parameters, speed.mean(), seconds.mean(), tokens.mean(), flops.mean(), of_all.total()});
    }
    for (std::size_t column = table.columns.size(); column-- > settings;) {
        const bool is_empty = std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
            return std::holds_alternative<std::monostate>(row[column]);
        });
        if (!is_empty) continue;
        const auto place = static_cast<std::ptrdiff_t>(column);
        table.columns.erase(table.columns.begin() + place);
        for (auto& row : table.rows) row.erase(row.begin() + place);
    }
    return table;
}

/// Trials that ended without a result, with the reason.
Table losses(const Source& source) {
    Table table{"What diverged, failed or was interrupted",
                {{"trial", {}}, {"settings", {}}, {"status", {}}, {"step", {}}, {"cause", {}}, {"message", {}}},
                {},
                {},
                {}};
    for (const Group& group : source.comparison.groups)
        for (const ComparedTrial& trial : group.trials) {
            if (trial.status != Status::diverged && trial.status != Status::failed &&
                trial.status != Status::interrupted)
                continue;
            const Cost& cost = source.costs.at(trial.id);
            const std::optional<double> step = cost.diverged_step ? cost.diverged_step : cost.step;
            table.rows.push_back({trial.id, trial_label(trial.axes), std::string(trial::to_string(trial.status)),
                                  step ? Value(static_cast<std::int64_t>(*step)) : Value(), cause_in_words(cost.ending),
                                  cost.error.empty() ? Value() : Value(cost.error)});
        }
    return table;
}

}  // namespace

Section state_and_cost(const Source& source) {
    constexpr std::size_t many = 12;
    Section section{"state", "State and cost", {}};
    section.blocks.push_back({"", false, Paragraph{counts(source)}});
    const bool any_finished = std::any_of(source.comparison.groups.begin(), source.comparison.groups.end(),
                                          [](const Group& group) { return group.finished > 0; });
    if (any_finished) section.blocks.push_back({"", false, costs(source)});
    if (Table table = losses(source); !table.rows.empty()) {
        const bool folded = table.rows.size() > many;
        section.blocks.push_back({table.caption, folded, std::move(table)});
        std::get<Table>(section.blocks.back().content).caption.clear();
    }
    return section;
}

}  // namespace unroll::report
