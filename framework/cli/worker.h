// What `unroll run --isolate` starts for each trial, and `unroll serve` for each query: this program again, by words
// that are no commands.
#pragma once

#include "cli/commands.h"

namespace unroll::cli {

/// The first word of such a command line.
inline constexpr const char* worker_word = "--worker";

inline constexpr const char* query_word = "--query";

/// The words that start a worker with these plugin folders, but for the last one, which is the id of the process that
/// starts it.
Words isolation_command(const std::vector<std::string>& plugin_paths);

/// Never returns, unless it throws Error or the like before the trial.
int worker(const Words& words);

/// Likewise for a query of `unroll serve`; `words` is the id of the process that starts it.
int query_worker(const Words& words);

}  // namespace unroll::cli
