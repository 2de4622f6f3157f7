// The overview of all commands.
#pragma once

namespace unroll::cli {

/// What `unroll --help` prints: the usage, and each command with its summary.
void print_overview();

}  // namespace unroll::cli
