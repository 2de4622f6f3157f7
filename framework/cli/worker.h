// What `unroll run --isolate` starts for each trial: this program again, by a word that is no command.
#pragma once

#include "cli/commands.h"

namespace unroll::cli {

/// The first word of such a command line.
inline constexpr const char* worker_word = "--worker";

/// The words that start a worker with these plugin folders, but for the last one, which is the id of the process that
/// starts it.
Words isolation_command(const std::vector<std::string>& plugin_paths);

/// Never returns, unless it throws Error or the like before the trial.
int worker(const Words& words);

}  // namespace unroll::cli
