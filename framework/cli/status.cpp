// unroll status RUN: how a run that was submitted with --launcher is.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/launch_options.h"
#include "cli/message.h"
#include "cli/progress_text.h"
#include "cli/table.h"
#include "launch/state.h"
#include "unroll/error.h"

namespace unroll::cli {

Command status_command() {
    Command command;
    command.usage = "unroll status RUN [--format table|csv|json|markdown] [--db FILE]";
    command.about =
        "Shows how far a run is, as its workers and the scheduler tell it: trials that wait, were begun and are done, "
        "and a row for each task. RUN is the folder of the run or the name of its experiment. Changes nothing.\n"
        "Exit codes: 0 tasks wait or run, or all is done; 1 work is left and no task has it.";
    command.options.add_options()(
        "format", po::value<std::string>()->default_value("table")->value_name("table|csv|json|markdown"),
        "output format");
    command.positional = {"run"};
    return command;
}

namespace {

std::string running_text(const launch::RunFolder& folder, const launch::TaskReport& task) {
    std::string text;
    for (const launch::RunningTrial& trial : task.running)
        text += fmt::format("{}{} ({}/{})", text.empty() ? "" : "; ", launch::label_of(folder, trial.fingerprint),
                            trial.now.step, trial.now.steps);
    return text;
}

store::Value or_nothing(std::string text) {
    return text.empty() ? store::Value() : store::Value(std::move(text));
}

store::Table table_of(const launch::RunFolder& folder, const launch::RunState& state) {
    store::Table table;
    table.columns = {"task", "state", "node", "job", "attempts", "ended", "waiting", "running", "silent", "reason"};
    for (const launch::TaskReport& task : state.tasks) {
        const bool runs = task.state == "runs" && task.silent > 0;
        table.rows.push_back({std::int64_t(task.task), task.state, or_nothing(task.host), or_nothing(task.job),
                              std::int64_t(task.attempts), std::int64_t(task.ended), std::int64_t(task.waiting_trials),
                              or_nothing(running_text(folder, task)), or_nothing(runs ? duration(task.silent) : ""),
                              or_nothing(task.reason)});
    }
    return table;
}

}  // namespace

int status(const Words& words) {
    const auto arguments = parse(status_command(), words);
    if (!arguments) return success;
    const std::string run = exactly(*arguments, "run", 1, "a run", "for example: unroll status quickstart").front();
    const launch::RunFolder folder = run_folder_of(*arguments, run);
    const auto launcher = launch::make_launcher(folder.plan().launcher);
    const launch::RunState state = launch::state_of(folder, *launcher);
    const Format format = format_of(arguments->get<std::string>("format"));
    std::vector<std::string> notes = state.problems;
    if (!state.answers) notes.push_back("the scheduler does not answer: this is what the workers have written");
    const std::string caption =
        fmt::format("{} ({}): {} done, {} begun, {} waiting{}{}", state.plan.name, state.plan.launcher,
                    base::count_of(state.done, "trial"), state.begun, state.waiting,
                    state.given_up ? fmt::format(", {} given up", state.given_up) : "",
                    state.kernel_set.empty() ? "" : fmt::format("; kernel set {}", state.kernel_set));
    Look look;
    look.leave_out = {"reason", "running", "waiting", "silent", "job"};
    look.hide_first = {"job", "silent", "attempts"};
    print_table(table_of(folder, state), format, on_standard_output(look), caption, notes);
    bool any = !state.answers;
    for (const launch::TaskReport& task : state.tasks) any = any || task.state == "runs" || task.state == "waits";
    return any || state.begun + state.waiting + state.given_up == 0 ? success : unmet;
}

}  // namespace unroll::cli
