// unroll worker RUN: one task of a run that was submitted with --launcher.
#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/message.h"
#include "cli/worker.h"
#include "launch/launcher.h"
#include "launch/node.h"
#include "launch/supervise.h"
#include "launch/worker.h"
#include "plugins/loader.h"
#include "unroll/error.h"

namespace unroll::cli {

Command worker_command() {
    Command command;
    command.usage = "unroll worker RUN [--task N | --check N]";
    command.about =
        "Does one task of a run folder: takes the trials dealt to it, runs them on this machine's cores, writes their "
        "results to a shard of its own in the folder, and then takes trials that others have not begun. 'unroll run "
        "--launcher' has the scheduler start it; by hand it helps wherever the folder can be seen. SIGUSR1 and SIGTERM "
        "end it with checkpoints, which its next start goes on from.\n"
        "Exit codes: 0 done, or ended by a signal with its work saved; 1 not; 2 invalid request.";
    command.options.add_options()("task", po::value<std::int64_t>()->value_name("N"),
                                  "number of the task (default: a new one, which only helps others)")(
        "check", po::value<std::int64_t>()->value_name("N"),
        "check that this machine can do the run's trials and note it for the tasks from N on");
    command.positional = {"run"};
    return command;
}

namespace {

/// The environment is this process's; what it asks for is read before anything is loaded.
bool work_here(const launch::RunFolder& folder, const launch::Attempt& attempt, const std::string& job,
               const std::filesystem::path& scratch, std::atomic<bool>& stop) {
    launch::use_kernel_set(folder);
    const launch::RunPlan plan = folder.plan();
    const plugins::Catalog catalog =
        plugins::load(plugins::folders({plan.plugin_paths.begin(), plan.plugin_paths.end()}));
    manifest::DatasetCache datasets(catalog);
    return launch::work(folder, attempt, job, scratch, catalog, datasets, isolation_command(plan.plugin_paths), stop);
}

/// Far beyond any that was submitted, so that none gets it later.
constexpr std::uint64_t first_helper = 90000;

}  // namespace

int run_task(const Words& words) {
    launch::answer_signals();
    const auto arguments = parse(worker_command(), words);
    if (!arguments) return success;
    const std::string run =
        exactly(*arguments, "run", 1, "a run folder", "for example: unroll worker results/unroll.db.runs/quickstart")
            .front();
    const launch::RunFolder folder{std::filesystem::absolute(run).lexically_normal()};
    const launch::RunPlan plan = folder.plan();
    constexpr std::uint64_t most = 99999;
    if (arguments->has("check")) {
        const auto round = whole_number(*arguments, "check", 0, most, "the number of the first task");
        if (launch::check_node(folder, round)) return success;
        for (const std::string& problem : launch::problems_of_nodes(folder, round)) message("unroll: {}\n", problem);
        return unmet;
    }
    std::uint64_t task = first_helper;
    if (arguments->has("task"))
        task = whole_number(*arguments, "task", 0, most, "leave it out to help others");
    else
        while (!folder.attempts_at(task).empty()) ++task;
    const auto launcher = launch::make_launcher(plan.launcher);
    const std::string job = launcher->job();
    return launch::supervise(folder, task, *launcher,
                             [&](const launch::Attempt& attempt, const std::filesystem::path& scratch,
                                 std::atomic<bool>& stop) { return work_here(folder, attempt, job, scratch, stop); });
}

}  // namespace unroll::cli
