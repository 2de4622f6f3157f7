// Ctrl-C: the first asks for an orderly end, the second ends the program at once. A terminal that is closed asks, too.
#pragma once

#include <signal.h>

#include <array>
#include <atomic>

namespace unroll::cli {

inline constexpr std::array<int, 3> interrupting_signals{SIGINT, SIGTERM, SIGHUP};
using SignalActions = std::array<struct sigaction, interrupting_signals.size()>;

/// From now on SIGINT, SIGTERM and SIGHUP raise the flag that is returned; a second SIGINT or SIGTERM exits with code
/// 130. SIGHUP stays ignored where it is (nohup).
std::atomic<bool>& catch_interrupts();

/// The same for as long as it lives; then signals do again what they did before.
class Interruptible {
public:
    Interruptible();
    ~Interruptible();
    Interruptible(const Interruptible&) = delete;
    Interruptible& operator=(const Interruptible&) = delete;

    bool requested() const { return requested_; }
    const std::atomic<bool>& flag() const { return requested_; }

private:
    const SignalActions before_;
    const std::atomic<bool>& requested_;
};

}  // namespace unroll::cli
