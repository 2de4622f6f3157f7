// unroll check MANIFEST|PLUGIN.so|DB [NAME=JSON]...
#include <fmt/core.h>

#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/byte_size.h"
#include "cli/print.h"
#include "cli/session.h"
#include "conformance/conformance.h"
#include "plugins/loader.h"
#include "store/soundness.h"
#include "sweep/cores.h"
#include "sweep/memory.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

/// The conformance tests of its kind of plugin.
int check_plugin(const std::filesystem::path& file, const Words& options) {
    const auto catalog = unroll::plugins::load_file(file);
    if (!catalog.refused().empty()) throw Error(catalog.refused()[0].problem);
    const Plugin& plugin = *catalog.found()[0].plugin;
    const auto report = conformance::check(plugin, conformance::given_options(plugin, options));
    print("{}", Lines{conformance::to_string(report)});
    return report.passed() ? success : unmet;
}

/// When the trials, as many at once as there are cores, need more memory than there is.
void tell_memory(Session& session, manifest::Plan plan) {
    std::vector<manifest::Plan> plans;
    plans.push_back(std::move(plan));
    const auto workload = sweep::distinct_trials(plans, session.catalog(), session.datasets());
    std::vector<const sweep::TrialPlan*> trials;
    for (const sweep::TrialPlan& trial : workload) trials.push_back(&trial);
    const double limit = sweep::memory_limit();
    if (const std::string note = sweep::memory_note(sweep::plan_memory(trials, sweep::available_cores(), limit), limit);
        !note.empty())
        print("note: memory: {}\n", note);
}

/// Everything that can be known before anything runs. Throws manifest::Problems with all of them.
int check_manifest(const Arguments& arguments, const std::filesystem::path& file) {
    Session session(arguments);
    manifest::Plan plan = session.plan(file, overrides_of(arguments));
    std::size_t points = 0;
    for (const auto& planned : plan.trials) points += planned.sampling.size();
    print("{}: OK: {}, {}, {} dropped, {}\n", file.string(), base::count_of(plan.trials.size(), "trial"),
          base::count_of(points, "sampling setting"), base::count_of(plan.dropped.size(), "combination"),
          base::count_of(plan.expectations.size(), "expectation"));
    tell_memory(session, std::move(plan));
    return success;
}

/// By its first bytes; one whose first page is damaged by its name.
bool is_store(const std::filesystem::path& file) {
    constexpr std::string_view magic = "SQLite format 3";
    std::string begin(magic.size(), '\0');
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file, ignored)) std::ifstream(file).read(begin.data(), magic.size());
    return begin == magic || file.extension() == ".db" || file.extension() == ".sqlite";
}

int check_store(const std::filesystem::path& file) {
    const store::Soundness soundness = store::check_soundness(file);
    const auto counted = [](std::int64_t number, const char* noun) {
        return base::count_of(std::uint64_t(number), noun);
    };
    print("{}: {}: {}, {}, {}, {} ({})\n", file.string(), soundness.is_whole() ? "OK" : "damaged",
          counted(soundness.experiments, "experiment"), counted(soundness.trials, "trial"),
          counted(soundness.samples, "sample"), counted(soundness.checkpoints, "checkpoint"),
          byte_size(double(soundness.checkpoint_bytes)));
    for (const store::Finding& finding : soundness.findings) {
        print("  {} {}\n", finding.is_damage ? "✗" : "note:", finding.found);
        if (!finding.help.empty()) print("    help: {}\n", finding.help);
    }
    return soundness.is_whole() ? success : unmet;
}

}  // namespace

Command check_command() {
    Command command;
    command.usage = "unroll check MANIFEST [--set PATH=JSON]... | PLUGIN.so [NAME=JSON]... | DB";
    command.about =
        "Validates a manifest without running anything, or runs the conformance tests on a plugin; NAME=JSON sets an "
        "option of the plugin, options that are not given have their defaults. Of a result store it reads every page "
        "and "
        "every checkpoint and says whether all is whole and what can be saved; exit code 1 when something is damaged.";
    command.options.add_options()("set", po::value<std::vector<std::string>>()->composing()->value_name("PATH=JSON"),
                                  "override a value of the manifest; repeatable");
    command.positional = {"file", "option"};
    return command;
}

int check(const Words& words) {
    const auto arguments = parse(check_command(), words);
    if (!arguments) return success;
    if (!arguments->has("file"))
        throw Error({"command line", "no file", "a manifest, a plugin's shared library, or a result store",
                     "for example: unroll check experiments/quickstart.json"});

    const std::filesystem::path file = arguments->get<std::string>("file");
    const Words options = arguments->list("option");
    if (is_store(file)) {
        if (arguments->has("set") || !options.empty())
            throw Error({"command line", "more than a result store", "one result store and no other argument",
                         "leave out the rest"});
        return check_store(file);
    }
    if (file.extension() == ".so") {
        if (arguments->has("set"))
            throw Error({"command line", "--set with a plugin",
                         "--set PATH=JSON with a manifest, NAME=JSON with a plugin", "leave out '--set'"});
        return check_plugin(file, options);
    }
    if (!options.empty())
        throw Error({"command line", fmt::format("'{}' after a manifest", options[0]),
                     "one manifest and no other argument", "override a setting with --set PATH=JSON"});
    return check_manifest(*arguments, file);
}

}  // namespace unroll::cli
