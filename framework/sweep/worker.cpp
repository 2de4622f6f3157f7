// The side of a process that runs one trial for another process.
#include "sweep/worker.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "sweep/assignment_stream.h"
#include "sweep/child_process.h"
#include "sweep/ending.h"
#include "sweep/local_executor.h"
#include "sweep/threads.h"
#include "training/trouble.h"

namespace unroll::sweep {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto progress_time = std::chrono::milliseconds(20);

/// What the parent asks for while the trial runs; a thread of its own listens.
class Orders {
public:
    explicit Orders(MessageReader& reader) : reader_(reader) {
        std::thread([this] { listen(); }).detach();
    }

    void wait_until_may_start() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return may_start_; });
    }
    const std::atomic<bool>& stop() const { return stop_; }
    training::Decision decision() const { return decision_; }

private:
    [[noreturn]] void listen() {
        for (;;) {
            const auto order = reader_.next();
            if (!order) std::_Exit(EXIT_FAILURE);  // nobody is there to take the results
            if (order->kind == Message::stop) stop_ = true;
            if (order->kind == Message::pause) decision_ = training::Decision::pause;
            if (order->kind == Message::end) decision_ = training::Decision::end;
            if (order->kind != Message::may_start) continue;
            const std::lock_guard lock(mutex_);
            may_start_ = true;
            changed_.notify_all();
        }
    }

    MessageReader& reader_;
    std::atomic<bool> stop_{false};
    std::atomic<training::Decision> decision_{training::Decision::go_on};
    std::mutex mutex_;
    std::condition_variable changed_;
    bool may_start_ = false;
};

/// Tells the parent.
class PipeSink final : public AttemptSink {
public:
    PipeSink(MessageWriter& writer, Orders& orders, const std::string& fingerprint)
        : writer_(writer), orders_(orders), fingerprint_(fingerprint) {}

    void start(const store::AttemptStart& start) override {
        writer_.write(Message::start, to_bytes(start));
        orders_.wait_until_may_start();
    }
    void record(training::Record record) override { writer_.write(Message::record, to_bytes(fingerprint_, record)); }
    void progress(const training::StepProgress& progress) override {
        reached_ = progress.step;
        const Clock::time_point now = Clock::now();
        if (now - told_at_ < progress_time) return;
        told_at_ = now;
        writer_.write(Message::progress, to_bytes(progress));
    }
    void trained(const training::Outcome& outcome) override { writer_.write(Message::trained, to_bytes(outcome)); }
    void measured() override { writer_.write(Message::measured); }
    training::Decision decide() override { return orders_.decision(); }

    std::uint64_t reached() const { return reached_; }

private:
    MessageWriter& writer_;
    Orders& orders_;
    const std::string& fingerprint_;
    Clock::time_point told_at_{};
    std::uint64_t reached_ = 0;
};

/// Of what the process may write to itself; the files that it maps are not counted.
void limit_memory(double bytes) {
    const rlimit limit{static_cast<rlim_t>(bytes), static_cast<rlim_t>(bytes)};
    if (::setrlimit(RLIMIT_DATA, &limit) != 0)
        throw std::system_error(errno, std::generic_category(), "training.memory_limit");
}

training::Outcome run(const Assignment& assignment, PipeSink& sink, const std::atomic<bool>& stop,
                      const plugins::Catalog& catalog, manifest::DatasetCache& datasets) {
    training::Outcome outcome;
    try {
        if (assignment.memory_limit) limit_memory(*assignment.memory_limit);
        run_with_help(assignment.threads, [&] {
            LocalExecutor executor(catalog, datasets, assignment.threads);
            outcome = executor.run(assignment, sink, stop);
        });
    } catch (...) {
        end_by(training::current_trouble(), assignment, outcome);
    }
    outcome.step = std::max(outcome.step, sink.reached());
    return outcome;
}

}  // namespace

void become_worker(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) std::_Exit(EXIT_FAILURE);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGTTOU}) ::signal(number, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

void serve(const plugins::Catalog& catalog, manifest::DatasetCache& datasets) {
    // Never destroyed: the thread that listens goes on until the process ends.
    auto& reader = *new MessageReader(child_reads_from);
    auto& writer = *new MessageWriter(child_writes_to);
    const auto first = reader.next();
    if (!first || first->kind != Message::assignment) std::_Exit(EXIT_FAILURE);
    try {
        const Assignment assignment = assignment_from(first->bytes);
        auto& orders = *new Orders(reader);
        PipeSink sink(writer, orders, assignment.fingerprint);
        const training::Outcome outcome = run(assignment, sink, orders.stop(), catalog, datasets);
        writer.write(Message::outcome, to_bytes(outcome));
    } catch (const std::exception&) {  // the parent sees that no outcome came
        std::_Exit(EXIT_FAILURE);
    }
    std::_Exit(EXIT_SUCCESS);
}

}  // namespace unroll::sweep
