// unroll schema [--format json|markdown]: the settings of a manifest, for editors and for people.
#include <fmt/core.h>

#include "cli/arguments.h"
#include "cli/print.h"
#include "json/write.h"
#include "manifest/describe.h"
#include "plugins/loader.h"
#include "unroll/error.h"

namespace unroll::cli {

Command schema_command() {
    Command command;
    command.usage = "unroll schema [--format json|markdown]";
    command.about =
        "Prints a JSON Schema (draft 2020-12) of manifests with the plugins that are found: name it in a manifest as "
        "\"$schema\", and an editor completes and explains settings. As markdown: a table of every setting.";
    command.options.add_options()(
        "format", po::value<std::string>()->value_name("json|markdown")->default_value("json"), "output format");
    return command;
}

int schema(const Words& words) {
    const auto arguments = parse(schema_command(), words);
    if (!arguments) return success;
    const auto& format = arguments->get<std::string>("format");

    const auto catalog = unroll::plugins::load(unroll::plugins::folders(arguments->plugin_paths));
    if (format == "json")
        print("{}\n", Ready{visible_json(json::dump_indented(manifest::json_schema(catalog)))});
    else
        print("{}", Lines{manifest::markdown(catalog)});
    return success;
}

}  // namespace unroll::cli
