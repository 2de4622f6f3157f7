// Options of `unroll run --launcher`.
#include "cli/launch_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "kernels/usable.h"
#include "launch/configuration.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace fs = std::filesystem;

namespace {

/// In which folder folders of runs are, whose names are those of experiments.
fs::path folder_of_runs(const fs::path& database, const launch::Configuration& configuration) {
    return configuration.run_folders.empty() ? launch::default_run_folder(database, "") : configuration.run_folders;
}

fs::path folder_named_after(const std::vector<manifest::Plan>& plans, const fs::path& runs) {
    std::vector<std::string> names;
    for (const manifest::Plan& plan : plans) names.push_back(plan.name);
    std::string name = fmt::format("{}", fmt::join(names, "+"));
    std::replace(name.begin(), name.end(), '/', '_');
    constexpr std::size_t longest = 200;  // bytes; file systems take 255
    return (fs::absolute(runs) / name.substr(0, longest)).lexically_normal();
}

void refuse_without_launcher(const Arguments& arguments, const Words& for_scheduler) {
    for (const char* option : {"nodes-at-most", "cpus-per-task", "time", "kernel-set", "run-folder"})
        if (arguments.has(option))
            throw Error({fmt::format("--{}", option), "no --launcher", "--launcher slurm or --launcher local beside it",
                         "add it, or leave the option out to run in this process"});
    if (arguments.get<bool>("detach"))
        throw Error({"--detach", "no --launcher", "--launcher slurm or --launcher local beside it",
                     "add it, or start the run with nohup"});
    if (!for_scheduler.empty())
        throw Error({"command line", fmt::format("'{}' behind --", for_scheduler.front()), "nothing there",
                     "options behind -- are for sbatch, with --launcher slurm"});
}

/// Those of a sweep in this process that tasks on other machines do not have.
void refuse_with_launcher(const Arguments& arguments) {
    if (arguments.get<bool>("fresh"))
        throw Error({"--fresh", "--launcher", "one of the two",
                     "remove the experiment first with 'unroll remove', or train it again in this process"});
    if (arguments.has("jobs"))
        throw Error(
            {"--jobs", "--launcher", "one of the two", "--cpus-per-task says how many trials a task runs at once"});
}

std::string kernel_set_in(const Arguments& arguments) {
    if (!arguments.has("kernel-set")) return "";
    std::string name = arguments.get<std::string>("kernel-set");
    // Nodes may have better ones than this machine: any name that some processor has is for them to judge.
    constexpr std::string_view known[] = {"AVX3", "AVX2", "SSE4", "NEON", "EMU128", "SCALAR"};
    if (std::find(std::begin(known), std::end(known), name) == std::end(known))
        throw Error({"--kernel-set", fmt::format("'{}'", name), fmt::format("{}", fmt::join(known, ", ")),
                     fmt::format("this machine has {}", fmt::join(usable_kernel_sets(), ", "))});
    return name;
}

}  // namespace

SplitWords split_at_dashes(const Words& words) {
    const auto dashes = std::find(words.begin(), words.end(), "--");
    SplitWords split{{words.begin(), dashes}, {}};
    if (dashes != words.end()) split.others.assign(dashes + 1, words.end());
    return split;
}

void add_launch_options(Command& command) {
    command.options.add_options()("launcher", po::value<std::string>()->value_name(launch::launcher_names),
                                  "run the trials as tasks of their own: as a job array of Slurm, or as processes of "
                                  "this machine (default: in this process)")(
        "nodes-at-most", po::value<std::int64_t>()->value_name("N"),
        "with --launcher: most tasks at once, each on one node (default: 16)")(
        "cpus-per-task", po::value<std::int64_t>()->value_name("N"),
        "with --launcher: cores of a task, and trials that it runs at once (default: 1)")(
        "time", po::value<std::string>()->value_name("TIME"),
        "with --launcher slurm: time limit of a task, as sbatch takes it; a task that is not done by then goes on in "
        "another one (default: that of the partition)")(
        "kernel-set", po::value<std::string>()->value_name("NAME"),
        "with --launcher: kernel set that all tasks use, as AVX2 (default: the best that all nodes have)")(
        "run-folder", po::value<std::string>()->value_name("FOLDER"),
        "with --launcher: folder of the run, on a file system that all nodes see (default: DB.runs/EXPERIMENT)")(
        "detach", po::bool_switch(), "with --launcher: submit and return; the same command attaches again");
}

std::optional<launch::Options> launch_options(const Arguments& arguments, const Words& for_scheduler,
                                              const std::vector<manifest::Plan>& plans) {
    if (!arguments.has("launcher")) {
        refuse_without_launcher(arguments, for_scheduler);
        return std::nullopt;
    }
    refuse_with_launcher(arguments);
    launch::Options options;
    options.launcher = arguments.get<std::string>("launcher");
    launch::Configuration configuration;
    if (options.launcher == "slurm") configuration = launch::slurm_configuration();
    if (configuration.nodes_at_most) options.nodes_at_most = configuration.nodes_at_most;
    if (configuration.cpus) options.cpus = configuration.cpus;
    options.time = configuration.time;
    options.scheduler_defaults = configuration.options;
    options.scheduler = for_scheduler;
    if (arguments.has("nodes-at-most"))
        options.nodes_at_most = whole_number(arguments, "nodes-at-most", 1, 100000, "leave it out for 16");
    if (arguments.has("cpus-per-task"))
        options.cpus = whole_number(arguments, "cpus-per-task", 1, 1024, "leave it out for 1");
    if (arguments.has("time")) {
        if (options.launcher != "slurm")
            throw Error({"--time", "--launcher local", "--launcher slurm", "processes of this machine have no limit"});
        options.time = arguments.get<std::string>("time");
    }
    options.kernel_set = kernel_set_in(arguments);
    options.folder = arguments.has("run-folder")
                         ? fs::absolute(arguments.get<std::string>("run-folder")).lexically_normal()
                         : folder_named_after(plans, folder_of_runs(arguments.database, configuration));
    options.program = fs::canonical("/proc/self/exe");
    for (const fs::path& path : arguments.plugin_paths)
        options.plugin_paths.push_back(fs::absolute(path).lexically_normal().string());
    options.detach = arguments.get<bool>("detach");
    return options;
}

launch::RunFolder run_folder_of(const Arguments& arguments, const std::string& run) {
    launch::RunFolder given{fs::absolute(run).lexically_normal()};
    if (given.has_plan()) return given;
    const fs::path runs = folder_of_runs(arguments.database, launch::slurm_configuration());
    launch::RunFolder named{fs::absolute(runs / run).lexically_normal()};
    if (named.has_plan()) return named;
    const std::vector<std::string> known = launch::names_in(runs);
    throw Error({"command line", fmt::format("'{}', neither the folder of a run nor one in {}", run, runs.string()),
                 known.empty() ? "the folder that 'unroll run MANIFEST --launcher …' has named"
                               : fmt::format("one of {}", fmt::join(known, ", ")),
                 "give the folder, or name the result store of the run with --db"});
}

}  // namespace unroll::cli
