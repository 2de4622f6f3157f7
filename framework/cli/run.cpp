// unroll run MANIFEST... : train and sample everything that is asked for and not there yet.
#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "cli/arguments.h"
#include "cli/comparison.h"
#include "cli/display.h"
#include "cli/interrupt.h"
#include "cli/judges.h"
#include "cli/labels.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/verdicts.h"
#include "sweep/cores.h"
#include "sweep/sweep.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

Command command() {
    Command command;
    command.usage =
        "unroll run MANIFEST... [--jobs N] [--set PATH=JSON]... [--fresh] [--retry-failed] [--fail-fast] [--quiet]";
    command.about =
        "Trains every combination of each manifest, samples it at every temperature, and leaves losses and texts in "
        "the\n"
        "result store. What is there already is not done again; what was cut off goes on from its last checkpoint.\n"
        "Ends with a line for everything that a manifest expects (`expect`): ✓ or ✗, its name and its figures.\n"
        "Exit code: 1 when an expectation does not hold or a trial failed; 2 when the request was wrong and nothing "
        "was\n"
        "run; 130 when interrupted, and then no expectation is judged: run it again to go on.";
    command.options.add_options()("jobs", po::value<std::int64_t>(),
                                  "trials at once, and threads of the process (default: all cores)")(
        "set", po::value<std::vector<std::string>>()->composing(),
        "PATH=JSON: take this value instead of the manifest's")(
        "fresh", po::bool_switch(), "forget what is known of these trials and run them again")(
        "retry-failed", po::bool_switch(), "run trials that failed again")("fail-fast", po::bool_switch(),
                                                                           "stop the others when one trial fails")(
        "quiet", po::bool_switch(), "no progress and no comparison: problems and expectations only");
    command.positional = {"manifest"};
    return command;
}

sweep::Settings settings_of(const Arguments& arguments) {
    sweep::Settings settings;
    settings.database = arguments.database;
    settings.jobs = arguments.has("jobs") ? whole_number(arguments, "jobs", 1, 1024, "leave it out to use all cores")
                                          : sweep::available_cores();
    settings.fresh = arguments.get<bool>("fresh");
    settings.retry_failed = arguments.get<bool>("retry-failed");
    settings.fail_fast = arguments.get<bool>("fail-fast");
    return settings;
}

/// Every manifest's plan. Throws Error when two manifests would be one experiment in the store.
std::vector<manifest::Plan> plans_of(const Arguments& arguments, Session& session) {
    const auto overrides = overrides_of(arguments);
    std::vector<manifest::Plan> plans;
    std::map<std::string, std::string> files;  // by the experiment's name, as the store tells names apart
    for (const std::string& file : arguments.get<std::vector<std::string>>("manifest")) {
        plans.push_back(session.plan(file, overrides));
        std::string name = plans.back().name;
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        if (const auto [other, is_new] = files.emplace(name, file); !is_new)
            throw Error({fmt::format("{}: name", file),
                         fmt::format("'{}', which is the experiment of {} too", plans.back().name, other->second),
                         "a name for each experiment", "give one of them another name"});
    }
    return plans;
}

std::vector<std::string> labels_of(const std::vector<sweep::Work>& work) {
    std::vector<std::string> labels;
    for (const sweep::Work& entry : work) labels.push_back(label_of(entry.axes));
    return labels;
}

std::vector<double> costs_of(const std::vector<sweep::Work>& work) {
    std::vector<double> costs;
    for (const sweep::Work& entry : work) costs.push_back(entry.cost);
    return costs;
}

void report(const sweep::Summary& summary, const Arguments& arguments) {
    for (const std::string& note : summary.notes) fmt::print(stderr, "note: {}\n", note);
    if (arguments.get<bool>("quiet")) return;
    const auto part = [](Size count, std::string_view what) {
        return count ? fmt::format(", {} {}", count, what) : std::string();
    };
    fmt::print(stderr, "{} trained, {} done before{}{}{}, {} samples made; results in {}\n", summary.trained,
               summary.done_before, part(summary.diverged, "diverged"), part(summary.failed, "failed"),
               part(summary.interrupted, "interrupted"), summary.samples, arguments.database.string());
}

/// What one would ask next, on standard output.
void print_comparison(store::Store& store, const std::string& experiment) {
    try {
        const Comparison comparison = compare_groups(store, {experiment, {}, {}, {}});
        for (const std::string& note : comparison.notes) fmt::print(stderr, "note: {}\n", note);
        fmt::print("{}: {}\n{}", experiment, comparison.metric, render(comparison.table, Format::table));
    } catch (const Error& nothing_to_compare) {
        fmt::print(stderr, "note: {}\n", nothing_to_compare.what());
    }
}

bool expect_something(const std::vector<manifest::Plan>& plans) {
    return std::any_of(plans.begin(), plans.end(),
                       [](const manifest::Plan& plan) { return !plan.expectations.empty(); });
}

}  // namespace

int run(const Words& words) {
    const auto arguments = parse(command(), words);
    if (!arguments) return well;
    if (!arguments->has("manifest"))
        throw Error({"command line", "no manifest", "one or more manifest files",
                     "try: unroll run experiments/quickstart.json"});

    const sweep::Settings settings = settings_of(*arguments);
    Session session(*arguments);
    const std::vector<manifest::Plan> plans = plans_of(*arguments, session);
    const auto work = sweep::distinct_trials(plans, session.catalog(), session.datasets());

    Judges judges(plans, session, arguments->database);
    judges.check();

    std::atomic<bool>& stop = catch_interrupts();
    sweep::Summary summary;
    {
        Display display(labels_of(work), costs_of(work), arguments->get<bool>("quiet"));
        summary = sweep::run(plans, work, session.catalog(), settings, display, stop);
    }
    report(summary, *arguments);
    const bool is_judged = judges.judge(settings.jobs, stop);
    if (!arguments->get<bool>("quiet")) {
        store::Store store(arguments->database, store::Store::Mode::read);
        for (const manifest::Plan& plan : plans) print_comparison(store, plan.name);
    }
    if (stop) {
        if (expect_something(plans)) fmt::print(stderr, "note: stopped early: no expectation was judged\n");
        return summary.failed ? unmet : interrupted;
    }
    const bool as_expected = print_verdicts(arguments->database, plans);
    return summary.failed || !is_judged || !as_expected ? unmet : well;
}

}  // namespace unroll::cli
