// The third act of a sweep: the agenda is done, and what comes of it goes to the store.
#include "sweep/execute.h"

#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "base/transient.h"
#include "sweep/ending.h"
#include "sweep/host.h"

namespace unroll::sweep {

namespace {

/// One trial's results on their way to the writer, the scheduler and the observer. Used by the trial's one worker.
class AttemptRecorder final : public AttemptSink {
public:
    AttemptRecorder(const AgendaItem& item, Size place, Scheduler& scheduler, store::Writer& writer, Observer& observer)
        : item_(item), place_(place), scheduler_(scheduler), writer_(writer), observer_(observer) {
        for (const sampling::Sample& sample : item.assignment.unmeasured) measured_.insert(sample.key);
    }

    void start(const store::AttemptStart& start) override {
        observer_.started(item_.trial, start.from_step);
        begin(start);
    }

    void record(training::Record record) override {
        if (const auto* point = std::get_if<training::Point>(&record)) {
            observer_.recorded(item_.trial, *point);
            const training::Decision decision = scheduler_.report(place_, *point);
            if (decision_ == training::Decision::go_on) decision_ = decision;
        }
        if (const auto* made = std::get_if<training::Samples>(&record))
            samples_made_ += Size(std::count_if(made->begin(), made->end(), [&](const sampling::Sample& sample) {
                return !measured_.contains(sample.key);
            }));
        push(item_.assignment.fingerprint, std::move(record));
    }

    void progress(const training::StepProgress& progress) override {
        reached_ = progress.step;
        observer_.progress(item_.trial, progress);
    }

    void measured() override { push(store::Measured{item_.assignment.fingerprint}); }

    void trained(const training::Outcome& outcome) override {
        push(attempt_end(outcome));
        ended_ = true;
        flush();  // whatever a sampler does to the process, the training stays
    }

    training::Decision decide() override { return decision_; }

    /// The outcome is also that of what is written here. A trial that has not come to training has an attempt all the
    /// same, which says why.
    void end(training::Outcome& outcome) {
        const bool is_told = ended_ && outcome.status == trial::TrialStatus::finished && outcome.error.empty();
        if (item_.assignment.train && !is_told) try {
                if (!began_) begin_in_place(outcome);
                push(attempt_end(outcome));
            } catch (...) {
                end_by(training::current_trouble(), item_.assignment, outcome);
            }
        scheduler_.ended(place_, outcome.status);
        observer_.ended(item_.trial, outcome);
    }

    /// The store takes no more: nothing that is trained from here on would be kept.
    bool store_has_failed() const { return store_has_failed_; }

    Size samples_made() const { return samples_made_; }

private:
    template <class... What>
    void push(What&&... what) {
        try {
            writer_.push(std::forward<What>(what)...);
        } catch (const base::TransientError&) {
            store_has_failed_ = true;
            throw;
        }
    }

    void flush() {
        try {
            writer_.flush();
        } catch (const base::TransientError&) {
            store_has_failed_ = true;
            throw;
        }
    }

    void begin(const store::AttemptStart& start) {
        push(start);
        began_ = true;
    }

    /// Where it would have gone on; what there is stays.
    void begin_in_place(training::Outcome& outcome) {
        const Assignment& assignment = item_.assignment;
        outcome.step = assignment.checkpoints.empty() ? 0 : assignment.checkpoints.back().step;
        begin({assignment.fingerprint, assignment.build, host_name(), getpid(), assignment.jobs, outcome.step, {}});
    }

    store::AttemptEnd attempt_end(const training::Outcome& outcome) const {
        store::AttemptEnd end;
        end.fingerprint = item_.assignment.fingerprint;
        end.outcome = outcome.status;
        end.error = outcome.error;
        end.step = std::max(outcome.step, reached_);
        end.tokens = outcome.tokens;
        end.seconds = outcome.seconds;
        end.tokens_per_second = outcome.seconds > 0 ? double(outcome.tokens) / outcome.seconds : 0;
        end.diverged_step = outcome.diverged_step;
        end.cause = outcome.cause;
        end.bound = outcome.bound;
        return end;
    }

    const AgendaItem& item_;
    const Size place_;
    Scheduler& scheduler_;
    store::Writer& writer_;
    Observer& observer_;
    std::set<sampling::SampleKey> measured_;  ///< samples that were there and only get their figures
    training::Decision decision_ = training::Decision::go_on;
    std::uint64_t reached_ = 0;  ///< the last step that was done
    bool began_ = false;         ///< an attempt is in the store and must be ended
    bool ended_ = false;         ///< it is
    bool store_has_failed_ = false;
    Size samples_made_ = 0;
};

void count(const training::Outcome& outcome, bool trained, Summary& summary) {
    using enum trial::TrialStatus;
    if (outcome.status == finished) {
        summary.trained += trained;
        summary.incomplete += !outcome.error.empty();
    }
    if (outcome.status == diverged) ++summary.diverged;
    if (outcome.status == failed) ++summary.failed;
    if (outcome.status == interrupted) ++(outcome.error.empty() ? summary.interrupted : summary.troubled);
}

}  // namespace

void execute(const Agenda& agenda, Scheduler& scheduler, Executor& executor, store::Writer& writer, Observer& observer,
             Size at_once, bool fail_fast, std::atomic<bool>& stop, Summary& summary) {
    std::mutex mutex;
    std::atomic<Size> workers{0};
    executor.on_workers([&] {
        if (workers++ >= at_once) return;  // and helps the others
        while (!stop.load()) {
            const auto place = scheduler.next();
            if (!place) break;
            const AgendaItem& item = agenda.items.at(*place);
            AttemptRecorder recorder(item, *place, scheduler, writer, observer);
            if (!item.assignment.train) observer.started(item.trial, item.steps);
            training::Outcome outcome = executor.run(item.assignment, recorder, stop);
            recorder.end(outcome);
            if ((!outcome.error.empty() && fail_fast) || recorder.store_has_failed()) stop = true;
            const std::lock_guard lock(mutex);
            count(outcome, item.assignment.train, summary);
            summary.samples += recorder.samples_made();
        }
    });
    try {
        writer.flush();
    } catch (const base::TransientError& error) {
        summary.problem = error.what();
    }
}

}  // namespace unroll::sweep
