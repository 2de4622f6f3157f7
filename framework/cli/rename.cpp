// unroll rename EXPERIMENT NAME: another name for an experiment.
#include <fmt/core.h>

#include "cli/arguments.h"
#include "cli/message.h"
#include "cli/print.h"
#include "store/upkeep.h"
#include "unroll/error.h"

namespace unroll::cli {

Command rename_command() {
    Command command;
    command.usage = "unroll rename EXPERIMENT NAME";
    command.about =
        "Renames an experiment in the result store; its trials and their results stay as they are. Its manifest is not "
        "touched: give it the new name as well, or its next run makes an experiment of the old name (nothing is "
        "trained again: trials are known by their settings).";
    command.positional = {"name"};
    return command;
}

int rename(const Words& words) {
    const auto arguments = parse(rename_command(), words);
    if (!arguments) return success;
    const Words names =
        exactly(*arguments, "name", 2, "an experiment and its new name", "list experiments with: unroll list");
    store::Upkeep upkeep(arguments->database);
    store::rename_experiment(upkeep.store(), names[0], names[1]);
    print("renamed '{}' to '{}'\n", names[0], names[1]);
    message("note: to run it again under this name, change \"name\" in its manifest, or use --as '{}'\n", names[1]);
    return success;
}

}  // namespace unroll::cli
