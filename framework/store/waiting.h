// Waiting for others that hold a database: told after two seconds, and not for ever.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace unroll::store {

/// Who is told of waits, and what ends them early. For the whole process; called by any thread.
struct WaitMonitor {
    std::function<void(const std::string& message)> tell;  ///< none: nobody
    const std::atomic<bool>* stop = nullptr;               ///< none: waits last until their bound
};

/// Before other threads begin. `stop` must outlive every use of a store.
void set_wait_monitor(WaitMonitor monitor);

/// One wait after the other, for one thread.
class Wait {
public:
    using Clock = std::chrono::steady_clock;

    Wait(std::filesystem::path file, std::chrono::milliseconds bound) : file_(std::move(file)), bound_(bound) {}

    void begin();
    /// Sleeps for some milliseconds. False when the bound is reached, or when the monitor's `stop` is raised.
    bool go_on();
    /// Who holds the file, as "process 12 (python3)"; "another program" when that is not known.
    std::string holder() const;
    std::chrono::milliseconds bound() const { return bound_; }

private:
    std::filesystem::path file_;
    std::chrono::milliseconds bound_;
    Clock::time_point began_{}, told_{};
};

}  // namespace unroll::store
