// unroll plugins [NAME] [--format table|json]
#include <fmt/core.h>

#include "cli/arguments.h"
#include "cli/plugin_tables.h"
#include "plugins/loader.h"
#include "unroll/error.h"

namespace unroll::cli {

int plugins(const Words& words) {
    Command command;
    command.usage = "unroll plugins [NAME] [--format table|json]";
    command.about =
        "Lists cells, datasets and samplers, where they were looked for, and what was refused and why.\n"
        "With a name: its options.";
    command.options.add_options()("format", po::value<std::string>()->default_value("table"), "table or json");
    command.positional = {"name"};
    const auto arguments = parse(std::move(command), words);
    if (!arguments) return well;

    std::string name;
    if (arguments->has("name")) {
        const auto& names = arguments->get<std::vector<std::string>>("name");
        if (names.size() > 1)
            throw Error({"command line", fmt::format("{} names", names.size()), "one name, or none for all plugins",
                         "ask for one plugin at a time"});
        name = names[0];
    }
    const auto& format = arguments->get<std::string>("format");
    if (format != "table" && format != "json")
        throw Error({"--format", format, "table or json", "choose one of these"});

    const auto folders = unroll::plugins::folders(arguments->plugin_paths);
    const auto catalog = unroll::plugins::load(folders);
    const std::string text =
        format == "json" ? describe_json(catalog, folders, name) : describe(catalog, folders, name);
    fmt::print("{}", text);
    return well;
}

}  // namespace unroll::cli
