// unroll cancel RUN: ends the tasks of a run that was submitted with --launcher.
#include "cli/arguments.h"
#include "cli/launch_options.h"
#include "cli/print.h"
#include "launch/json_file.h"
#include "launch/launcher.h"
#include "unroll/error.h"

namespace unroll::cli {

Command cancel_command() {
    Command command;
    command.usage = "unroll cancel RUN [--db FILE]";
    command.about =
        "Ends all tasks of a run, those that wait and those that run; RUN is its folder or the name of its experiment. "
        "What they have done stays: each ends with a checkpoint, and 'unroll run' with the same manifest goes on from "
        "there, with or without --launcher.";
    command.positional = {"run"};
    return command;
}

int cancel(const Words& words) {
    const auto arguments = parse(cancel_command(), words);
    if (!arguments) return success;
    const std::string run = exactly(*arguments, "run", 1, "a run", "for example: unroll cancel quickstart").front();
    const launch::RunFolder folder = run_folder_of(*arguments, run);
    const auto launcher = launch::make_launcher(folder.plan().launcher);
    // First the word that workers believe, whatever becomes of signals.
    launch::write_json(folder.stop_file(), launch::object({{"why", "unroll cancel"}, {"at", launch::now_text()}}));
    launcher->cancel(folder);
    print("cancelled: {}\n", folder.root().string());
    return success;
}

}  // namespace unroll::cli
