// A thread that does one piece of work after the other.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace unroll::serve {

/// What it is given is done in that order; what is still waiting when it is destroyed is dropped. Work must not throw.
class Worker {
public:
    /// `on_rest` is called, on the thread, when nothing has come for some seconds, once until something does.
    /// `niceness` is added to the process' own: what looks at results gives way to what makes them.
    Worker(std::size_t most_waiting, int niceness, std::function<void()> on_rest = {});
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// False when too much is waiting already: the work is not taken.
    bool take(std::function<void()> work);

private:
    void go(int niceness);

    const std::size_t most_waiting_;
    const std::function<void()> on_rest_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> waiting_;
    bool is_over_ = false;
    std::thread thread_;  ///< last: it sees all the others made
};

}  // namespace unroll::serve
