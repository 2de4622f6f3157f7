// A thread that does one piece of work after the other.
#include "serve/worker.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

namespace unroll::serve {

Worker::Worker(std::size_t most_waiting, int niceness, std::function<void()> on_rest)
    : most_waiting_(most_waiting), on_rest_(std::move(on_rest)), thread_([this, niceness] { go(niceness); }) {}

Worker::~Worker() {
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

bool Worker::take(std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= most_waiting_) return false;
        waiting_.push_back(std::move(work));
    }
    wake_.notify_one();
    return true;
}

void Worker::go(int niceness) {
    constexpr auto until_rest = std::chrono::seconds(5);
    // On Linux, of this thread alone.
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), ::getpriority(PRIO_PROCESS, 0) + niceness);
    bool rests = true;
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto is_wanted = [&] { return is_over_ || !waiting_.empty(); };
        if (rests)
            wake_.wait(lock, is_wanted);
        else
            wake_.wait_for(lock, until_rest, is_wanted);
        if (is_over_) return;
        std::function<void()> work;
        if (!waiting_.empty()) {
            work = std::move(waiting_.front());
            waiting_.pop_front();
        }
        lock.unlock();
        rests = !work;
        if (work)
            work();
        else if (on_rest_)
            on_rest_();
        work = nullptr;  // what it holds goes before the lock is taken
        lock.lock();
    }
}

}  // namespace unroll::serve
