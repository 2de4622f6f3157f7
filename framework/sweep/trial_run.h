// One trial within a sweep: an attempt with its records, then the samples and gradients that are missing.
#pragma once

#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "store/writer.h"
#include "sweep/missing.h"
#include "sweep/sweep.h"
#include "training/record.h"
#include "training/trainer.h"

namespace unroll::sweep {

/// What is to be done with a trial.
struct Task {
    Size index = 0;                                     ///< in the list of work
    bool train = true;                                  ///< false: only samples or gradients are missing
    std::string build;                                  ///< of this process, for this trial
    std::vector<training::CheckpointInfo> checkpoints;  ///< to go on from, and to sample from; oldest first
    std::set<sampling::SampleKey> present;              ///< samples that are there already
    std::set<std::uint64_t> gradients;                  ///< steps at which they were measured
    std::vector<sampling::Sample> unmeasured;           ///< of those, the ones that still want their figures
};

/// Runs on one thread; passes everything on to the writer and the observer.
class TrialRun final : private training::Sink {
public:
    TrialRun(const Work& work, const Task& task, const plugins::Catalog& catalog, const Settings& settings,
             store::Writer& writer, Observer& observer);

    /// Never throws: what goes wrong is told by the outcome.
    training::Outcome run(const std::atomic<bool>& stop);

    Size samples_made() const { return samples_made_; }

private:
    training::Outcome train(const model::Model<float>& model, const std::atomic<bool>& stop);
    const training::CheckpointInfo* usable_checkpoint();
    void make_samples(const model::Model<float>& model, const std::atomic<bool>& stop);
    void measure_gradients(const model::Model<float>& model, const std::atomic<bool>& stop);
    void write(training::Samples texts);
    void end(const training::Outcome& outcome);

    void record(training::Record record) override;
    void progress(const training::StepProgress& progress) override;

    const Work& work_;
    const Task& task_;
    const plugins::Catalog& catalog_;
    const Settings& settings_;
    store::Writer& writer_;
    Observer& observer_;
    std::vector<training::CheckpointInfo>
        checkpoints_;  ///< those there were and those written now, as far as they are kept
    std::set<sampling::SampleKey> present_;
    std::set<std::uint64_t> gradients_;
    std::uint64_t reached_ = 0;  ///< the last step that was done
    bool began_ = false;         ///< an attempt is in the store and must be ended
    Size samples_made_ = 0;
};

}  // namespace unroll::sweep
