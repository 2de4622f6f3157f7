// Trials in processes of their own, those that are to have one; the others on threads.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "sweep/executor.h"

namespace unroll::sweep {

/// A crash, an exit, a hang past training.time_limit or too much memory ends one trial. Bits and records are those of
/// threads: the process is of this program, and each record goes to the sink in the order in which it was made. What a
/// scheduler decides reaches it some steps later. Signals reach a trial by way of `stop`, once.
class IsolatedExecutor final : public Executor {
public:
    /// `command`: the program and the words that make it a worker (worker.h). A trial that has used up its time limit
    /// has `patience` to write a checkpoint and end. `local` must outlive it.
    IsolatedExecutor(Executor& local, std::vector<std::string> command,
                     std::chrono::milliseconds patience = std::chrono::seconds(10))
        : local_(local), command_(std::move(command)), patience_(patience) {}

    void on_workers(const std::function<void()>& worker) override { local_.on_workers(worker); }
    training::Outcome run(const Assignment& assignment, AttemptSink& sink, const std::atomic<bool>& stop) override;

private:
    Executor& local_;
    const std::vector<std::string> command_;
    const std::chrono::milliseconds patience_;
};

}  // namespace unroll::sweep
