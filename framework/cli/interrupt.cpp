// Ctrl-C, and a terminal that is closed.
#include "cli/interrupt.h"

#include <cstdlib>

#include "cli/arguments.h"

namespace unroll::cli {

namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

std::atomic<bool> asked{false};  ///< by a signal whose repetition means: at once

/// A terminal that closes may send SIGHUP more than once, and the system SIGTERM with it: neither is impatience.
void on_signal(int number) {
    if (number != SIGHUP && asked.exchange(true)) std::_Exit(interrupted);
    requested = true;
}

struct sigaction present(int number) {
    struct sigaction action {};
    sigaction(number, nullptr, &action);
    return action;
}

SignalActions present_all() {
    SignalActions actions{};
    for (std::size_t i = 0; i < actions.size(); ++i) actions[i] = present(interrupting_signals[i]);
    return actions;
}

}  // namespace

std::atomic<bool>& catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    for (const int number : interrupting_signals)
        // Under nohup, a run outlives its terminal.
        if (number != SIGHUP || present(number).sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
    return requested;
}

Interruptible::Interruptible() : before_(present_all()), requested_(catch_interrupts()) {}

Interruptible::~Interruptible() {
    for (std::size_t i = 0; i < before_.size(); ++i) sigaction(interrupting_signals[i], &before_[i], nullptr);
}

}  // namespace unroll::cli
