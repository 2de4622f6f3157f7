// unroll run MANIFEST... : train and sample every trial that the store does not have.
#include <fmt/core.h>

#include <algorithm>

#include "analysis/comparison.h"
#include "base/interrupted.h"
#include "cli/arguments.h"
#include "cli/comparison_table.h"
#include "cli/display.h"
#include "cli/interrupt.h"
#include "cli/launch_options.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/run_plans.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/verdicts.h"
#include "cli/worker.h"
#include "report/trial_label.h"
#include "sweep/cores.h"
#include "sweep/identities.h"
#include "sweep/judging.h"
#include "sweep/start.h"
#include "sweep/sweep.h"
#include "unroll/error.h"

namespace unroll::cli {

Command run_command() {
    Command command;
    command.usage =
        "unroll run MANIFEST... [--jobs N] [--set PATH=JSON]... [--as NAME] [--fresh] [--remeasure] [--retry-failed] "
        "[--fail-fast] [--isolate] [--quiet] [--yes] [--launcher local|slurm [--nodes-at-most N] [--cpus-per-task N] "
        "[--time TIME] [--kernel-set NAME] [--run-folder FOLDER] [--detach]] [-- OPTION-OF-SBATCH...]";
    command.about =
        "Trains every trial of each manifest, generates its samples, and writes losses, samples and checkpoints to the "
        "result store. Trials that are already finished are skipped; interrupted ones resume from their last "
        "checkpoint, those that ended for want of memory or disk space, too. The last lines show for each expectation "
        "(`expect` in the manifest) whether it holds: ✓ or ✗, "
        "its name and its figures.\n"
        "With --launcher the trials run as tasks of a cluster, with the same results to the last bit "
        "(docs/cluster.md); "
        "'unroll status' and 'unroll cancel' look after them, and the same command attaches again.\n"
        "Exit codes: 0 success; 1 a trial failed, a checkpoint that something was to be made from is lost or damaged, "
        "an expectation does not hold, or what was trained could not be stored or shown; 2 invalid request, nothing "
        "was "
        "run; "
        "130 interrupted, expectations were not checked: run the same command again to resume.";
    command.options.add_options()(
        "jobs", po::value<std::int64_t>()->value_name("N"),
        "number of trials that run in parallel, and of threads of the process (default: all cores)")(
        "set", po::value<std::vector<std::string>>()->composing()->value_name("PATH=JSON"),
        "override a value of the manifest, in an experiment of its own, as in quickstart+3f2a; repeatable")(
        "as", po::value<std::string>()->value_name("NAME"),
        "name of the experiment in the result store, instead of the manifest's")(
        "fresh", po::bool_switch(),
        "train these trials again; the stored results of each are replaced when it has been trained")(
        "remeasure", po::bool_switch(),
        "train again what lacks losses, samples or gradients that no kept checkpoint can give; other results stay")(
        "retry-failed", po::bool_switch(), "train failed trials again")("fail-fast", po::bool_switch(),
                                                                        "stop all trials when one fails")(
        "isolate", po::bool_switch(),
        "run each trial in a process of its own: a crash, training.time_limit or training.memory_limit ends that trial "
        "only; same results")("quiet", po::bool_switch(),
                              "print no progress and no comparison, only problems and expectations")(
        "yes", po::bool_switch(), "do not ask before a manifest takes over the experiment of another file");
    add_launch_options(command);
    command.positional = {"manifest"};
    return command;
}

namespace {

sweep::Settings settings_of(const Arguments& arguments) {
    sweep::Settings settings;
    settings.database = arguments.database;
    settings.jobs = arguments.has("jobs") ? whole_number(arguments, "jobs", 1, 1024, "leave it out to use all cores")
                                          : sweep::available_cores();
    settings.fresh = arguments.get<bool>("fresh");
    settings.remeasure = arguments.get<bool>("remeasure");
    settings.retry_failed = arguments.get<bool>("retry-failed");
    settings.fail_fast = arguments.get<bool>("fail-fast");
    settings.isolate = arguments.get<bool>("isolate");
    settings.worker = isolation_command(arguments.list("plugin-path"));
    return settings;
}

std::vector<std::string> labels_of(const std::vector<sweep::TrialPlan>& workload) {
    std::vector<std::string> labels;
    for (const sweep::TrialPlan& trial : workload) labels.push_back(report::trial_label(trial.axes));
    return labels;
}

std::vector<double> costs_of(const std::vector<sweep::TrialPlan>& workload) {
    std::vector<double> costs;
    for (const sweep::TrialPlan& trial : workload) costs.push_back(trial.cost);
    return costs;
}

void print_summary(const sweep::Summary& summary, const Arguments& arguments) {
    for (const std::string& note : summary.notes) message("note: {}\n", Lines{note});
    if (!summary.problem.empty())
        message("unroll: {}\nnote: what was not stored yet is trained again when the same command runs again\n",
                summary.problem);
    if (arguments.get<bool>("quiet")) return;
    const auto part = [](Size count, std::string_view what) {
        return count ? fmt::format(", {} {}", count, what) : std::string();
    };
    message("{} trained, {} already done{}{}{}{}{}, {} samples generated; results in {}\n", summary.trained,
            summary.done_before, part(summary.diverged, "diverged"), part(summary.failed, "failed"),
            part(summary.troubled, "to be tried again"), part(summary.interrupted, "interrupted"),
            part(summary.incomplete, "without all samples"), summary.samples, arguments.database.string());
}

/// The comparison that `unroll compare` prints by default.
void print_comparison(store::Store& store, const std::string& experiment) {
    try {
        const analysis::Comparison comparison = analysis::compare(store, {experiment, {}, {}, {}});
        print_table(table_of(comparison), Format::table, on_standard_output(look_of(comparison)),
                    fmt::format("{}: {}", experiment, caption_of(comparison)), notes_of(comparison));
    } catch (const Error& nothing_to_compare) {
        message("note: {}\n", Lines{nothing_to_compare.what()});
    }
}

bool expect_something(const std::vector<manifest::Plan>& plans) {
    return std::any_of(plans.begin(), plans.end(),
                       [](const manifest::Plan& plan) { return !plan.expectations.empty(); });
}

/// What came of it: judgements, comparisons and verdicts. False when something of it is not as it should be. Standard
/// output that cannot be written keeps nothing from being done; only a reader who has left is no fault.
bool report(const Arguments& arguments, const std::vector<manifest::Plan>& plans, sweep::Judges& judges, Size jobs,
            const std::atomic<bool>& stop) {
    const sweep::JudgingReport judging = judges.judge(jobs, stop);
    for (const std::string& note : judging.notes) message("note: {}\n", Lines{note});
    for (const std::string& problem : judging.problems) message("unroll: {}\n", Lines{problem});
    if (!arguments.get<bool>("quiet")) {
        store::Store store(arguments.database, store::Store::Mode::read);
        for (const manifest::Plan& plan : plans) print_if_possible([&] { print_comparison(store, plan.name); });
    }
    bool as_expected = true;
    try {
        if (!stop) as_expected = print_verdicts(arguments.database, plans, stop);
    } catch (const base::Interrupted&) {
    }
    if (stop && expect_something(plans)) message("note: interrupted: expectations were not checked\n");
    const Delivery delivery = deliver();
    settle_output();
    if (!delivery.whole() && !delivery.reader_has_left)
        message("unroll: standard output cannot be written: {}; everything is in {}\n", delivery.problem,
                arguments.database.string());
    return judging.problems.empty() && as_expected && (delivery.whole() || delivery.reader_has_left);
}

}  // namespace

int run(const Words& words) {
    const auto [own, for_scheduler] = split_at_dashes(words);
    const auto arguments = parse(run_command(), own);
    if (!arguments) return success;
    if (!arguments->has("manifest"))
        throw Error({"command line", "no manifest", "one or more manifest files",
                     "for example: unroll run experiments/quickstart.json"});

    const sweep::Settings settings = settings_of(*arguments);
    Session session(*arguments);
    const std::vector<manifest::Plan> plans = plans_to_run(*arguments, session);
    const auto launched = launch_options(*arguments, for_scheduler, plans);
    const auto workload = sweep::distinct_trials(plans, session.catalog(), session.datasets());
    const std::vector<std::string> starts = sweep::check_starts(workload, session.catalog(), session.datasets());
    for (const std::string& note : starts) message("note: {}\n", Lines{note});
    sweep::renew_identities(arguments->database, workload, session.catalog(), session.datasets());
    if (!changes_accepted(*arguments, plans)) {
        message("nothing was run\n");
        return success;
    }

    sweep::Judges judges(plans, session.catalog(), session.datasets(), arguments->database);
    judges.check();

    std::atomic<bool>& stop = catch_interrupts();
    sweep::Summary summary;
    bool detached = false, cancelled = false;
    {
        const bool quiet = arguments->get<bool>("quiet");
        Display display(labels_of(workload), costs_of(workload), quiet);
        const auto tell = [&](const std::string& line) {
            if (!quiet) display.tell(line);
        };
        if (launched) {
            const launch::Report report = launch::run(plans, workload, labels_of(workload), session.catalog(), settings,
                                                      *launched, display, tell, stop);
            summary = report.summary;
            detached = report.detached;
            cancelled = report.cancelled;
        } else {
            summary = sweep::run(plans, workload, session.catalog(), session.datasets(), settings, display, stop);
        }
    }
    if (detached) return stop ? interrupted : success;
    print_summary(summary, *arguments);
    if (cancelled) return interrupted;
    const bool all_done =
        !summary.failed && !summary.troubled && !summary.incomplete && !summary.unusable && summary.problem.empty();
    if (!summary.problem.empty()) return unmet;
    try {
        const bool as_expected = report(*arguments, plans, judges, settings.jobs, stop);
        if (stop) return all_done ? interrupted : unmet;
        return all_done && as_expected ? success : unmet;
    } catch (const Error& error) {  // the trials are in the store; exit code 2 would say that nothing was run
        message("unroll: {}\n", Lines{error.what()});
        return unmet;
    }
}

}  // namespace unroll::cli
