// One trial where it runs.
#include "sweep/trial_run.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/transient.h"
#include "sampling/pick.h"
#include "sampling/sample_plan.h"
#include "sweep/ending.h"
#include "sweep/host.h"
#include "sweep/pending.h"
#include "training/checkpoint.h"
#include "training/checkpoint_file.h"
#include "training/gradient.h"
#include "training/length.h"
#include "training/loaded_weights.h"
#include "training/mode.h"
#include "training/retention.h"
#include "training/trouble.h"
#include "trial/due.h"
#include "unroll/kernels.h"

namespace unroll::sweep {

TrialRun::TrialRun(const RunnableTrial& trial, const sampling::TrainingText* text, const Assignment& assignment,
                   const plugins::Catalog& catalog, AttemptSink& sink)
    : trial_(trial),
      text_(text),
      assignment_(assignment),
      catalog_(catalog),
      sink_(sink),
      checkpoints_(assignment.checkpoints),
      present_(assignment.present),
      gradients_(assignment.gradients) {}

training::Outcome TrialRun::run(const std::atomic<bool>& stop) {
    training::Outcome outcome;
    try {
        if (assignment_.train) {
            outcome = train(stop);
            if (outcome.status != trial::TrialStatus::finished) return outcome;
            sink_.trained(outcome);
        }
    } catch (...) {
        end_by(training::current_trouble(), assignment_, outcome);
        return outcome;
    }
    make_what_is_missing(stop, outcome);
    return outcome;
}

/// From checkpoints of a trained trial, which it stays, whatever happens.
void TrialRun::make_what_is_missing(const std::atomic<bool>& stop, training::Outcome& outcome) {
    try {
        evaluate(stop);
        make_samples(stop);
        measure_gradients(stop);
    } catch (const sampling::NotFinite& error) {  // which no evaluation noticed
        if (assignment_.train) {
            outcome.status = trial::TrialStatus::diverged;
            outcome.diverged_step = outcome.step;
        } else if (outcome.error.empty()) {
            outcome.error = error.what();
            outcome.cause = trial::Cause::trial;
        }
    } catch (...) {
        if (!outcome.error.empty()) return;
        const training::Trouble trouble = training::current_trouble();
        outcome.error = trouble.what;
        outcome.cause = trouble.cause;
    }
}

/// The newest checkpoint whose file is whole; older ones are tried, and none means from the beginning.
const training::CheckpointInfo* TrialRun::usable_checkpoint() {
    while (!checkpoints_.empty()) {
        if (training::checkpoint_fault(checkpoints_.back()).empty()) return &checkpoints_.back();
        checkpoints_.pop_back();
    }
    return nullptr;
}

/// Whether the checkpoint of the trial that this one is to go on from is whole; its checkpoints are then this one's.
bool TrialRun::take_up_earlier() {
    if (!assignment_.earlier) return false;
    if (!training::checkpoint_fault(assignment_.earlier->checkpoints.back()).empty()) return false;
    checkpoints_ = assignment_.earlier->checkpoints;
    return true;
}

training::Outcome TrialRun::train(const std::atomic<bool>& stop) {
    const bool continues = take_up_earlier();
    const training::CheckpointInfo* from = usable_checkpoint();
    const std::uint64_t from_step = from ? from->step : 0;
    std::erase_if(present_, [&](const sampling::SampleKey& key) { return key.step > from_step; });
    std::erase_if(gradients_, [&](std::uint64_t step) { return step > from_step; });
    sink_.start({assignment_.fingerprint, assignment_.build, host_name(), getpid(), assignment_.jobs, from_step,
                 continues ? assignment_.earlier->fingerprint : std::string()});

    const training::Job job{
        trial_.trial,
        *trial_.dataset,
        trial_.model,
        catalog_,
        assignment_.sampling,
        assignment_.folder,
        from ? std::optional(*from) : std::nullopt,
        assignment_.gradient,
        [this] { return decide(); },
        evaluations_asked_for(),
        continues,
        trial_.start ? [this](float* weights) { trial_.start(weights); } : std::function<void(float*)>()};
    training::Outcome outcome = training::train(job, *this, stop);
    if (out_of_time_ && outcome.status == trial::TrialStatus::interrupted)
        end_by({trial::Cause::time_limit, out_of_time(assignment_, outcome.step)}, assignment_, outcome);
    return outcome;
}

/// By the step: nobody keeps a list of those of a long training.
std::function<bool(std::uint64_t)> TrialRun::evaluations_asked_for() const {
    return [this, length = training::length_of(trial_.trial, *trial_.dataset)](std::uint64_t step) {
        const auto due = [&](const trial::When& when) { return trial::is_due(when, step, length); };
        return std::any_of(assignment_.evaluate.begin(), assignment_.evaluate.end(), due);
    };
}

training::Decision TrialRun::decide() {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin_;
    if (assignment_.time_limit && spent.count() >= *assignment_.time_limit) {
        out_of_time_ = true;
        return training::Decision::pause;
    }
    return sink_.decide();
}

void TrialRun::evaluate(const std::atomic<bool>& stop) {
    if (assignment_.train || assignment_.unevaluated.empty()) return;
    training::evaluate_checkpoints(trial_.trial, *trial_.dataset, trial_.model, assignment_.unevaluated, *this, stop);
    sink_.measured();
}

void TrialRun::make_samples(const std::atomic<bool>& stop) {
    if (!assignment_.train) tell(assignment_.unmeasured);
    const PendingSamples pending =
        pending_samples(trial_.trial, *trial_.dataset, assignment_.sampling, present_, checkpoints_);
    if (pending.makeable.empty()) return;
    const FloatingPointMode mode;
    for (const SamplesAt& at : pending.makeable) {
        const training::LoadedWeights loaded(trial_.model, at.checkpoint);
        auto samples = sampling::make_samples(trial_.model, loaded.weights(), *trial_.dataset, catalog_,
                                              trial_.trial.training.sequence_length, at.samples, stop);
        training::require_mode("a sampler");
        record(std::move(samples));
    }
}

void TrialRun::measure_gradients(const std::atomic<bool>& stop) {
    const FloatingPointMode mode;
    model::Buffer<float> weights(trial_.model.parameters().size());
    const PendingGradients pending =
        pending_gradients(trial_.trial, *trial_.dataset, assignment_.gradient, gradients_, checkpoints_);
    for (const training::CheckpointInfo& checkpoint : pending.makeable) {
        if (stop.load(std::memory_order_relaxed)) return;
        training::load_weights(checkpoint, trial_.model, weights.data());
        record(training::GradientByLag{
            checkpoint.step, training::gradient_by_lag(trial_.trial, *trial_.dataset, catalog_, weights.data())});
    }
}

/// Texts with their figures.
void TrialRun::tell(training::Samples texts) {
    if (text_) sampling::measure(texts, *text_);
    if (!texts.empty()) sink_.record(std::move(texts));
}

void TrialRun::record(training::Record record) {
    if (auto* made = std::get_if<training::Samples>(&record)) {
        for (const sampling::Sample& sample : *made) present_.insert(sample.key);
        return tell(std::move(*made));
    }
    if (const auto* gradient = std::get_if<training::GradientByLag>(&record)) gradients_.insert(gradient->step);
    if (const auto* saved = std::get_if<training::CheckpointSaved>(&record))
        training::add_checkpoint(checkpoints_, *saved);
    sink_.record(std::move(record));
}

}  // namespace unroll::sweep
