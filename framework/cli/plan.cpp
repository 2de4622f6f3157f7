// unroll plan MANIFEST: the trials of a manifest, with their size, cost and status.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/trial_label.h"
#include "store/store.h"
#include "sweep/workload.h"
#include "training/length.h"
#include "trial/due.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

/// What the store knows of these trials; nothing when there is no store yet.
std::map<std::string, store::TrialState> known(const std::filesystem::path& database,
                                               const std::vector<sweep::TrialPlan>& work) {
    std::error_code ignored;
    if (!std::filesystem::exists(database, ignored)) return {};
    std::vector<std::string> fingerprints;
    for (const sweep::TrialPlan& entry : work) fingerprints.push_back(entry.row.fingerprint);
    return store::Store(database, store::Store::Mode::read).states(fingerprints);
}

std::int64_t whole(Size number) {
    return std::int64_t(number);
}

}  // namespace

Command plan_command() {
    Command command;
    command.usage = "unroll plan MANIFEST [--set PATH=JSON]... [--format table|csv|json|markdown]";
    command.about =
        "Lists the trials of a manifest with their number of parameters, training cost (gflop) and status. Trains and "
        "writes nothing.";
    command.options.add_options()(
        "format", po::value<std::string>()->value_name("table|csv|json|markdown")->default_value("table"),
        "output format")("set", po::value<std::vector<std::string>>()->composing()->value_name("PATH=JSON"),
                         "override a value of the manifest; repeatable");
    command.positional = {"manifest"};
    return command;
}

int plan(const Words& words) {
    const auto arguments = parse(plan_command(), words);
    if (!arguments) return success;
    const Format format = format_of(arguments->get<std::string>("format"));
    const std::string file =
        exactly(*arguments, "manifest", 1, "a JSON file", "for example: unroll plan experiments/quickstart.json")[0];

    Session session(*arguments);
    std::vector<manifest::Plan> plans;
    plans.push_back(session.plan(file, overrides_of(*arguments)));
    const auto work = sweep::distinct_trials(plans, session.catalog(), session.datasets());
    const auto states = known(arguments->database, work);

    // One plan: its trials are distinct, and the work is these trials.
    const auto& planned = plans.front().trials;
    const bool matched = std::any_of(planned.begin(), planned.end(),
                                     [](const manifest::PlannedTrial& trial) { return !trial.matched.empty(); });
    store::Table table{{"number", "axes", "cell", "parameters", "steps", "gflop", "samples", "status", "trial"}, {}};
    if (matched) table.columns.insert(table.columns.begin() + 3, "matched");
    double cost = 0;
    Size done = 0;
    for (Size i = 0; i < work.size(); ++i) {
        const sweep::TrialPlan& entry = work[i];
        const trial::Length length = training::length_of(*entry.trial, *entry.dataset);
        Size samples = 0;
        for (const auto& settings : entry.sampling)
            samples += settings.count * trial::due_steps(settings.every, length).size();
        const auto state = states.find(entry.row.fingerprint);
        const bool is_known = state != states.end();
        const bool is_done = is_known && trial::is_done(state->second.status);
        done += is_done;
        if (!is_done) cost += entry.cost;
        table.rows.push_back({whole(i + 1), trial_label(entry.axes), entry.row.cell, whole(entry.row.parameters),
                              whole(entry.row.steps), entry.cost / 1e9, whole(samples),
                              std::string(is_known ? trial::to_string(state->second.status) : "new"),
                              is_known ? store::Value(state->second.id) : store::Value()});
        if (matched) table.rows.back().insert(table.rows.back().begin() + 3, planned[i].matched);
    }
    fmt::print("{}", render(table, format));
    std::fflush(stdout);  // before what goes to standard error
    for (const std::string& line : plans.front().dropped) fmt::print(stderr, "dropped: {}\n", line);
    fmt::print(stderr, "{}, {} done; {:.0f} GFLOP left\n", base::count_of(work.size(), "trial"), done, cost / 1e9);
    return success;
}

}  // namespace unroll::cli
