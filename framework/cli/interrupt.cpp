// Ctrl-C.
#include "cli/interrupt.h"

#include <cstdlib>

#include "cli/arguments.h"

namespace unroll::cli {

namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

void on_signal(int) {
    if (requested.exchange(true)) std::_Exit(interrupted);
}

constexpr int signals[] = {SIGINT, SIGTERM};

struct sigaction present(int number) {
    struct sigaction action {};
    sigaction(number, nullptr, &action);
    return action;
}

}  // namespace

std::atomic<bool>& catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    for (const int number : signals) sigaction(number, &action, nullptr);
    return requested;
}

Interruptible::Interruptible() : before_{present(signals[0]), present(signals[1])}, requested_(catch_interrupts()) {}

Interruptible::~Interruptible() {
    for (int i = 0; i < 2; ++i) sigaction(signals[i], &before_[i], nullptr);
}

}  // namespace unroll::cli
