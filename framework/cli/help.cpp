// unroll help [COMMAND]: all commands in a line each, or everything about one.
#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/command_table.h"
#include "cli/print.h"
#include "cli/terminal.h"
#include "unroll/error.h"

namespace unroll::cli {

void print_overview() {
    std::size_t widest = 0;
    for (const CommandEntry& entry : all_commands()) widest = std::max(widest, entry.name.size());
    const std::size_t indent = widest + 4, columns = std::max<std::size_t>(output_columns().value_or(120), indent + 30);
    print("usage: unroll COMMAND [ARGUMENTS]\n\n{}\n\n",
          Ready{base::wrap("Trains and compares sequence models: one manifest in, one SQLite file out.", columns)});
    for (const CommandEntry& entry : all_commands()) {
        const auto lines = base::split(base::wrap(entry.summary, columns - indent), '\n');
        print("  {:<{}}  {}\n", entry.name, widest,
              Ready{fmt::format("{}", fmt::join(lines, "\n" + std::string(indent, ' ')))});
    }
    const char* more = "Run 'unroll help COMMAND' for the options of a command, 'unroll --version' for the versions.";
    print("\n{}\n", Ready{base::wrap(more, columns)});
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
