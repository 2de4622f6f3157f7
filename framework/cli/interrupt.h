// Ctrl-C: the first asks for an orderly end, the second ends the program at once.
#pragma once

#include <signal.h>

#include <atomic>

namespace unroll::cli {

/// From now on SIGINT and SIGTERM raise the flag that is returned; a second one exits with code 130.
std::atomic<bool>& catch_interrupts();

/// The same for as long as it lives; then signals do again what they did before.
class Interruptible {
public:
    Interruptible();
    ~Interruptible();
    Interruptible(const Interruptible&) = delete;
    Interruptible& operator=(const Interruptible&) = delete;

    bool requested() const { return requested_; }

private:
    struct sigaction before_[2];
    const std::atomic<bool>& requested_;
};

}  // namespace unroll::cli
