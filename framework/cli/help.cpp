// unroll help [COMMAND]: all commands in a line each, or everything about one.
#include "cli/help.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/command_table.h"
#include "unroll/error.h"

namespace unroll::cli {

void print_overview() {
    fmt::print(
        "usage: unroll COMMAND [ARGUMENTS]\n\nTrains and compares sequence models: one manifest in, one SQLite file "
        "out.\n\n");
    std::size_t widest = 0;
    for (const CommandEntry& entry : all_commands()) widest = std::max(widest, entry.name.size());
    for (const CommandEntry& entry : all_commands()) fmt::print("  {:<{}}  {}\n", entry.name, widest, entry.summary);
    fmt::print(
        "\nRun 'unroll help COMMAND' or 'unroll COMMAND --help' for the options of a command, 'unroll --version' for "
        "the versions.\n");
}

Command help_command() {
    Command command;
    command.usage = "unroll help [COMMAND]";
    command.about = "Lists all commands, or explains one and its options, as 'unroll COMMAND --help' does.";
    command.positional = {"command"};
    return command;
}

int help(const Words& words) {
    const auto arguments = parse(help_command(), words);
    if (!arguments) return success;
    if (!arguments->has("command")) {
        print_overview();
        return success;
    }
    const std::string name =
        exactly(*arguments, "command", 1, "that is to be explained", "run 'unroll --help' for all commands")[0];
    return command_named(name).run({"--help"});
}

}  // namespace unroll::cli
