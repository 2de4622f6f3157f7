// Asking before something is lost.
#pragma once

#include <string>

#include "cli/arguments.h"

namespace unroll::cli {

/// Whether there is somebody at a terminal.
bool can_ask();

/// Whether the user wants it: `--yes` was given, or "y" is typed in answer to `question`, as in "remove them?". Throws
/// Error when nobody can be asked, because input or standard error is no terminal.
bool confirmed(const Arguments& arguments, const std::string& question);

}  // namespace unroll::cli
