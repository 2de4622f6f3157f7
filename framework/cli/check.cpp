// unroll check MANIFEST|PLUGIN.so [NAME=JSON]...
#include <fmt/core.h>

#include <filesystem>

#include "cli/arguments.h"
#include "cli/session.h"
#include "conformance/conformance.h"
#include "plugins/loader.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

/// Everything that a plugin of its kind promises, tested. 1 when it does not keep a promise.
int check_plugin(const std::filesystem::path& file, const Words& options) {
    const auto catalog = unroll::plugins::load_file(file);
    if (!catalog.refused().empty()) throw Error(catalog.refused()[0].problem);
    const Plugin& plugin = *catalog.found()[0].plugin;
    const auto report = conformance::check(plugin, conformance::given_options(plugin, options));
    fmt::print("{}", conformance::to_string(report));
    return report.passed() ? well : unmet;
}

/// Everything that can be known before anything runs. Throws manifest::Problems with all of them.
int check_manifest(const Arguments& arguments, const std::filesystem::path& file) {
    Session session(arguments);
    const manifest::Plan plan = session.plan(file, overrides_of(arguments));
    std::size_t points = 0;
    for (const auto& planned : plan.trials) points += planned.sampling.size();
    const auto count = [](std::size_t number, std::string_view what) {
        return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
    };
    fmt::print("{}: all well; {}, {}, {} dropped, {}\n", file.string(), count(plan.trials.size(), "trial"),
               count(points, "sampling point"), count(plan.dropped.size(), "combination"),
               count(plan.expectations.size(), "expectation"));
    return well;
}

}  // namespace

int check(const Words& words) {
    Command command;
    command.usage = "unroll check MANIFEST [--set PATH=JSON]... | PLUGIN.so [NAME=JSON]...";
    command.about =
        "Validates a manifest without running anything, or puts a plugin through the conformance tests;\n"
        "NAME=JSON sets an option of the plugin, which has its default otherwise.";
    command.options.add_options()("set", po::value<std::vector<std::string>>()->composing(),
                                  "PATH=JSON: a value that takes the place of the manifest's");
    command.positional = {"file", "option"};
    const auto arguments = parse(std::move(command), words);
    if (!arguments) return well;
    if (!arguments->has("file"))
        throw Error({"command line", "no file", "a manifest, or a plugin's shared library",
                     "name one, as in 'unroll check experiments/quickstart.json'"});

    const std::filesystem::path file = arguments->get<std::string>("file");
    const Words options = arguments->has("option") ? arguments->get<std::vector<std::string>>("option") : Words{};
    if (file.extension() == ".so") {
        if (arguments->has("set"))
            throw Error({"command line", "--set with a plugin",
                         "--set with a manifest, or a plugin's options as NAME=JSON",
                         "write the option without --set"});
        return check_plugin(file, options);
    }
    if (!options.empty())
        throw Error({"command line", fmt::format("'{}' after a manifest", options[0]), "one manifest and nothing else",
                     "change a setting with --set PATH=JSON"});
    return check_manifest(*arguments, file);
}

}  // namespace unroll::cli
