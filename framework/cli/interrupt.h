// Ctrl-C: the first asks for an orderly end, the second ends the program at once.
#pragma once

#include <atomic>

namespace unroll::cli {

/// From now on SIGINT and SIGTERM raise the flag that is returned; a second one exits with code 130.
std::atomic<bool>& catch_interrupts();

}  // namespace unroll::cli
