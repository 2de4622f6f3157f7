// Trials in processes of their own.
#include "sweep/isolated_executor.h"

#include <fmt/core.h>
#include <signal.h>

#include "sweep/assignment_stream.h"
#include "sweep/child_process.h"
#include "sweep/crash_watch.h"
#include "sweep/ending.h"
#include "training/trouble.h"

namespace unroll::sweep {

namespace {

using Clock = std::chrono::steady_clock;
using trial::Cause;

/// One trial and its process, as the parent sees them.
class Remote {
public:
    Remote(const Assignment& assignment, AttemptSink& sink, const std::vector<std::string>& command,
           std::chrono::milliseconds patience)
        : assignment_(assignment), sink_(sink), patience_(patience), process_(command) {}

    training::Outcome run(const std::atomic<bool>& stop) {
        constexpr auto glance = std::chrono::milliseconds(50);  // at `stop` and at the clock
        process_.in().write(Message::assignment, to_bytes(assignment_));
        while (!outcome_ && !process_.out().at_end() && !is_overdue()) {
            if (stop && !told_to_stop_) order(Message::stop, told_to_stop_);
            if (const auto message = process_.out().next(glance)) take(*message);
        }
        if (!outcome_ && !process_.out().at_end()) return overdue();
        const Exit exit = process_.wait(std::chrono::seconds(2));
        return outcome_ ? *outcome_ : ended_without_word(exit);
    }

private:
    void take(const Received& message) {
        switch (message.kind) {
            case Message::start:
                sink_.start(start_from(message.bytes));
                process_.in().write(Message::may_start);
                break;
            case Message::record:
                sink_.record(record_from(message.bytes));
                break;
            case Message::progress: {
                const training::StepProgress progress = progress_from(message.bytes);
                reached_ = progress.step;
                sink_.progress(progress);
                break;
            }
            case Message::trained:
                trained_ = outcome_from(message.bytes);
                sink_.trained(*trained_);
                break;
            case Message::measured:
                sink_.measured();
                break;
            case Message::outcome:
                outcome_ = outcome_from(message.bytes);
                return;
            default:
                break;
        }
        const training::Decision decision = sink_.decide();
        if (decision == training::Decision::pause) order(Message::pause, told_decision_);
        if (decision == training::Decision::end) order(Message::end, told_decision_);
    }

    void order(Message what, bool& told) {
        if (told) return;
        told = true;
        try {
            process_.in().write(what);
        } catch (const std::system_error&) {  // it has ended; how, its exit tells
        }
    }

    bool is_overdue() const {
        return assignment_.time_limit &&
               Clock::now() - begin_ > std::chrono::duration<double>(*assignment_.time_limit) + patience_;
    }

    training::Outcome overdue() {
        process_.kill();
        process_.wait(patience_);
        return ended({Cause::time_limit, to_string({"training.time_limit",
                                                    fmt::format("{} were over and the trial's process did not end",
                                                                duration_text(*assignment_.time_limit)),
                                                    "a trial that ends within it",
                                                    "raise it: the trial then goes on from its last checkpoint"})});
    }

    /// Nobody but the system, or a user by hand, kills without a signal that can be caught.
    training::Outcome ended_without_word(const Exit& exit) {
        if (exit.signal == SIGKILL)
            return ended({Cause::machine,
                          to_string({"the trial's process", "killed (SIGKILL), as the system does when memory runs out",
                                     "a process that runs to its end",
                                     "run fewer trials at once with --jobs; 'unroll plan' estimates their memory"})});
        const std::string how = exit.signal ? signal_name(exit.signal) : fmt::format("exit({})", exit.code);
        return ended({Cause::crash, fmt::format("its process crashed: {}", how)});
    }

    training::Outcome ended(training::Trouble trouble) const {
        training::Outcome outcome;
        if (trained_) {  // what it has learned stays
            outcome = *trained_;
            outcome.error = std::move(trouble.what);
            outcome.cause = trouble.cause;
            return outcome;
        }
        end_by(std::move(trouble), assignment_, outcome);
        outcome.step = reached_;
        return outcome;
    }

    const Assignment& assignment_;
    AttemptSink& sink_;
    const std::chrono::milliseconds patience_;
    const Clock::time_point begin_ = Clock::now();
    ChildProcess process_;
    bool told_to_stop_ = false, told_decision_ = false;
    std::uint64_t reached_ = 0;
    std::optional<training::Outcome> trained_, outcome_;
};

}  // namespace

training::Outcome IsolatedExecutor::run(const Assignment& assignment, AttemptSink& sink,
                                        const std::atomic<bool>& stop) {
    if (!assignment.isolated) return local_.run(assignment, sink, stop);
    try {
        return Remote(assignment, sink, command_, patience_).run(stop);
    } catch (...) {
        training::Outcome outcome;
        end_by(training::current_trouble(), assignment, outcome);
        return outcome;
    }
}

}  // namespace unroll::sweep
