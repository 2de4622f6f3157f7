// Trials on the threads of this process.
#include "sweep/local_executor.h"

#include "base/floating_point.h"
#include "kernels/occupancy.h"
#include "sweep/crash_watch.h"
#include "sweep/ending.h"
#include "sweep/runnable.h"
#include "sweep/threads.h"
#include "sweep/trial_run.h"
#include "sweep/workload.h"

namespace unroll::sweep {

void LocalExecutor::on_workers(const std::function<void()>& worker) {
    run_on_threads(threads_, worker);
}

training::Outcome LocalExecutor::run(const Assignment& assignment, AttemptSink& sink, const std::atomic<bool>& stop) {
    const Occupied occupied;
    const Watched watched(assignment.fingerprint);
    const base::DefaultFloatingPoint mode;
    try {
        const RunnableTrial trial =
            rebuild(assignment.config, assignment.fingerprint, "trial " + assignment.fingerprint.substr(0, 12),
                    catalog_, datasets_, manifest::Lookup::standard("stored config"));
        const auto text = training_text(trial.dataset);
        return TrialRun(trial, text.get(), assignment, catalog_, sink).run(stop);
    } catch (...) {
        training::Outcome outcome;
        end_by(training::current_trouble(), assignment, outcome);
        return outcome;
    }
}

std::shared_ptr<const sampling::TrainingText> LocalExecutor::training_text(
    const std::shared_ptr<const Dataset>& dataset) {
    if (!has_text(*dataset)) return nullptr;
    const std::lock_guard lock(mutex_);
    auto& text = training_texts_[dataset.get()];
    if (!text) text = std::make_shared<sampling::TrainingText>(dataset);
    return text;
}

}  // namespace unroll::sweep
