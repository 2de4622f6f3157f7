// unroll list [EXPERIMENT]: the experiments of a result store, or the trials of one.
#include <fmt/core.h>

#include <array>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/byte_size.h"
#include "cli/table.h"
#include "report/trial_label.h"
#include "store/listing.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

bool is_for_people(Format format) {
    return format == Format::table || format == Format::markdown;
}

/// A time of the store to the minute, or as it is for programs; nothing for none.
store::Value time(const std::string& utc, Format format) {
    if (utc.empty()) return {};
    if (!is_for_people(format) || utc.size() < 16) return utc;
    return utc.substr(0, 10) + ' ' + utc.substr(11, 5);
}

store::Value size(std::uint64_t bytes, Format format) {
    if (is_for_people(format)) return bytes ? store::Value(byte_size(double(bytes))) : store::Value();
    return std::int64_t(bytes);
}

const char* size_column(Format format) {
    return is_for_people(format) ? "checkpoints" : "checkpoint_bytes";
}

constexpr std::array all_statuses{trial::TrialStatus::finished,    trial::TrialStatus::diverged,
                                  trial::TrialStatus::failed,      trial::TrialStatus::running,
                                  trial::TrialStatus::interrupted, trial::TrialStatus::queued};

std::int64_t count_of(const store::ExperimentSummary& experiment, trial::TrialStatus status) {
    for (const store::StatusCount& count : experiment.statuses)
        if (count.status == status) return count.trials;
    return 0;
}

store::Table experiments_table(const std::vector<store::ExperimentSummary>& experiments, Format format) {
    store::Table table{{"experiment", "trials"}, {}};
    for (const trial::TrialStatus status : all_statuses) table.columns.emplace_back(trial::to_string(status));
    table.columns.insert(table.columns.end(), {"former", "metric", "best",
                                               is_for_people(format) ? "last run" : "last_run", size_column(format)});
    for (const store::ExperimentSummary& experiment : experiments) {
        auto& row = table.rows.emplace_back();
        row = {experiment.name, experiment.trials};
        for (const trial::TrialStatus status : all_statuses) row.emplace_back(count_of(experiment, status));
        row.emplace_back(experiment.former);
        row.emplace_back(experiment.metric);
        row.push_back(experiment.best ? store::Value(*experiment.best) : store::Value());
        row.push_back(time(experiment.last_run, format));
        row.push_back(size(experiment.bytes, format));
    }
    return table;
}

int list_experiments(store::Store& store, Format format) {
    const auto experiments = store::list_experiments(store);
    Look look = on_standard_output();
    look.leave_out = {"diverged", "failed", "running", "interrupted", "queued", "former", "best", size_column(format)};
    look.hide_first = {"metric", "former", "trials"};
    const store::StoreSize held = store::size_of(store);
    std::vector<std::string> notes;
    if (is_for_people(format))
        notes.push_back(fmt::format("{}, {}{}; database {}, checkpoints {}",
                                    base::count_of(experiments.size(), "experiment"),
                                    base::count_of(std::uint64_t(held.trials), "trial"),
                                    held.alone ? fmt::format(" ({} of no experiment)", held.alone) : "",
                                    byte_size(double(held.database)), byte_size(double(held.checkpoints))));
    print_table(experiments_table(experiments, format), format, look, store.file().string(), notes);
    return success;
}

int list_trials(store::Store& store, const std::string& experiment, Format format) {
    const store::Experiment found = store::find_experiment(store, experiment);
    const bool people = is_for_people(format);
    store::Table table{{"trial", "axes", "status", "cause", "step", "steps", found.metric,
                        people ? "ended" : "ended_at", size_column(format), "former"},
                       {}};
    if (!people) table.columns.emplace_back("fingerprint");
    for (const store::ListedTrial& trial : store::list_trials(store, experiment)) {
        auto& row = table.rows.emplace_back();
        row = {trial.id,
               report::trial_label(trial.axes),
               std::string(trial::to_string(trial.status)),
               trial.cause.empty() ? store::Value() : store::Value(trial.cause),
               trial.step,
               trial.steps,
               trial.value ? store::Value(*trial.value) : store::Value(),
               time(trial.ended_at, format),
               size(trial.bytes, format)};
        if (people)
            row.push_back(trial.current ? store::Value() : store::Value("yes"));
        else
            row.insert(row.end(), {std::int64_t(!trial.current), trial.fingerprint});
    }
    Look look = on_standard_output();
    look.leave_out = {"cause", found.metric, "ended", size_column(format), "former"};
    look.hide_first = {"steps", "ended", size_column(format)};
    print_table(table, format, look, experiment);
    return success;
}

}  // namespace

Command list_command() {
    Command command;
    command.usage = "unroll list [EXPERIMENT] [--format table|csv|json|markdown]";
    command.about =
        "Lists the experiments of the result store, the one that ran last first: how many trials it has and how far "
        "they are, the best value that any trial ended with of the metric that it compares ('unroll compare' tells "
        "means, and chooses on validation what it tells of test), when it last ran (UTC), and the size of its "
        "checkpoints. Former trials are those that its manifest no longer asks for.\n"
        "With the name of an experiment, lists its trials: cause tells why one ended before its time (trial: its own "
        "settings, data or plugins; machine: the next run tries again).";
    command.options.add_options()(
        "format", po::value<std::string>()->value_name("table|csv|json|markdown")->default_value("table"),
        "output format");
    command.positional = {"experiment"};
    return command;
}

int list(const Words& words) {
    const auto arguments = parse(list_command(), words);
    if (!arguments) return success;
    const Format format = format_of(arguments->get<std::string>("format"));
    store::Store store(arguments->database, store::Store::Mode::read);
    if (!arguments->has("experiment")) return list_experiments(store, format);
    const std::string name =
        exactly(*arguments, "experiment", 1, "the name of one experiment", "leave it out to list all experiments")[0];
    return list_trials(store, name, format);
}

}  // namespace unroll::cli
