// The third act of a sweep: the agenda is done, and what comes of it goes to the store.
#include "sweep/execute.h"

#include <algorithm>
#include <mutex>
#include <set>

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
        writer_.push(start);
        began_ = true;
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
        writer_.push(item_.assignment.fingerprint, std::move(record));
    }

    void progress(const training::StepProgress& progress) override {
        reached_ = progress.step;
        observer_.progress(item_.trial, progress);
    }

    void measured() override { writer_.push(store::Measured{item_.assignment.fingerprint}); }

    training::Decision decide() override { return decision_; }

    /// The outcome is also that of what is written here.
    void end(training::Outcome& outcome) {
        if (began_) try {
                writer_.push(attempt_end(outcome));
            } catch (const std::exception& error) {
                if (outcome.status != trial::TrialStatus::failed) outcome.error = error.what();
                outcome.status = trial::TrialStatus::failed;
            }
        scheduler_.ended(place_, outcome.status);
        observer_.ended(item_.trial, outcome);
    }

    Size samples_made() const { return samples_made_; }

private:
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
    Size samples_made_ = 0;
};

void count(trial::TrialStatus status, bool trained, Summary& summary) {
    using enum trial::TrialStatus;
    if (status == finished) summary.trained += trained;
    if (status == diverged) ++summary.diverged;
    if (status == failed) ++summary.failed;
    if (status == interrupted) ++summary.interrupted;
}

}  // namespace

void execute(const Agenda& agenda, Scheduler& scheduler, Executor& executor, store::Writer& writer, Observer& observer,
             bool fail_fast, std::atomic<bool>& stop, Summary& summary) {
    std::mutex mutex;
    executor.on_workers([&] {
        while (!stop.load()) {
            const auto place = scheduler.next();
            if (!place) break;
            const AgendaItem& item = agenda.items.at(*place);
            AttemptRecorder recorder(item, *place, scheduler, writer, observer);
            if (!item.assignment.train) observer.started(item.trial, item.steps);
            training::Outcome outcome = executor.run(item.assignment, recorder, stop);
            recorder.end(outcome);
            if (outcome.status == trial::TrialStatus::failed && fail_fast) stop = true;
            const std::lock_guard lock(mutex);
            count(outcome.status, item.assignment.train, summary);
            summary.samples += recorder.samples_made();
        }
    });
    writer.flush();
}

}  // namespace unroll::sweep
