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
        "Lists the cells, datasets and samplers that were found, the folders that were searched, and the plugins that "
        "were refused, with the reason. With a name: the options of the plugin.";
    command.options.add_options()("format", po::value<std::string>()->default_value("table"), "table or json");
    command.positional = {"name"};
    const auto arguments = parse(std::move(command), words);
    if (!arguments) return success;

    std::string name;
    if (arguments->has("name"))
        name = exactly(*arguments, "name", 1, "that of a plugin", "leave the name out to list all plugins")[0];
    const auto& format = arguments->get<std::string>("format");
    if (format != "table" && format != "json")
        throw Error({"--format", format, "table or json", "choose one of these"});

    const auto folders = unroll::plugins::folders(arguments->plugin_paths);
    const auto catalog = unroll::plugins::load(folders);
    const std::string text =
        format == "json" ? describe_json(catalog, folders, name) : describe(catalog, folders, name);
    fmt::print("{}", text);
    return success;
}

}  // namespace unroll::cli
