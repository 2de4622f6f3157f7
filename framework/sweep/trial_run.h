// One trial where it runs: an attempt with its records, then the samples and gradients that are missing.
#pragma once

#include <atomic>
#include <chrono>
#include <set>
#include <vector>

#include "plugins/catalog.h"
#include "sampling/quality.h"
#include "sweep/executor.h"
#include "sweep/runnable.h"
#include "training/record.h"
#include "training/trainer.h"

namespace unroll::sweep {

/// Runs on one thread; tells everything to the sink that it is given. It knows no store but by that.
class TrialRun final : private training::Sink {
public:
    /// `text`: what texts are measured by, or null. Everything must outlive it.
    TrialRun(const RunnableTrial& trial, const sampling::TrainingText* text, const Assignment& assignment,
             const plugins::Catalog& catalog, AttemptSink& sink);

    /// Never throws: what goes wrong is told by the outcome.
    training::Outcome run(const std::atomic<bool>& stop);

private:
    training::Outcome train(const std::atomic<bool>& stop);
    std::function<bool(std::uint64_t)> evaluations_asked_for() const;
    training::Decision decide();
    void make_what_is_missing(const std::atomic<bool>& stop, training::Outcome& outcome);
    const training::CheckpointInfo* usable_checkpoint();
    bool take_up_earlier();
    void evaluate(const std::atomic<bool>& stop);
    void make_samples(const std::atomic<bool>& stop);
    void measure_gradients(const std::atomic<bool>& stop);
    void tell(training::Samples texts);

    void record(training::Record record) override;
    void progress(const training::StepProgress& progress) override { sink_.progress(progress); }

    const RunnableTrial& trial_;
    const sampling::TrainingText* text_;
    const Assignment& assignment_;
    const plugins::Catalog& catalog_;
    AttemptSink& sink_;
    std::vector<training::CheckpointInfo> checkpoints_;  ///< those there were and those written now, as far as kept
    std::set<sampling::SampleKey> present_;
    std::set<std::uint64_t> gradients_;
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    bool out_of_time_ = false;
};

}  // namespace unroll::sweep
