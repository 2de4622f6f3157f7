// unroll plugins [NAME] [--format table|json]
#include <fmt/core.h>

#include "cli/arguments.h"
#include "cli/plugin_tables.h"
#include "cli/print.h"
#include "plugins/loader.h"
#include "unroll/error.h"

namespace unroll::cli {

Command plugins_command() {
    Command command;
    command.usage = "unroll plugins [NAME] [--format table|json]";
    command.about =
        "Lists the cells, datasets and samplers that were found, the folders that were searched, and the plugins that "
        "were refused, with the reason. With a name: the options of the plugin, and of a cell the settings that every "
        "cell has.";
    command.options.add_options()("format", po::value<std::string>()->value_name("table|json")->default_value("table"),
                                  "output format");
    command.positional = {"plugin"};
    return command;
}

int plugins(const Words& words) {
    const auto arguments = parse(plugins_command(), words);
    if (!arguments) return success;

    std::string name;
    if (arguments->has("plugin"))
        name = exactly(*arguments, "plugin", 1, "its name", "leave the name out to list all plugins")[0];
    const auto& format = arguments->get<std::string>("format");

    const auto folders = unroll::plugins::folders(arguments->plugin_paths);
    const auto catalog = unroll::plugins::load(folders);
    const std::string text =
        format == "json" ? describe_json(catalog, folders, name) : describe(catalog, folders, name);
    print("{}", Ready{text});
    return success;
}

}  // namespace unroll::cli
