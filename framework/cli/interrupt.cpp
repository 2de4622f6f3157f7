// Ctrl-C.
#include "cli/interrupt.h"

#include <csignal>
#include <cstdlib>

#include "cli/arguments.h"

namespace unroll::cli {

namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

void on_signal(int) {
    if (requested.exchange(true)) std::_Exit(interrupted);
}

}  // namespace

std::atomic<bool>& catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    return requested;
}

}  // namespace unroll::cli
