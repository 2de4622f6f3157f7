// One trial within a sweep.
#include "sweep/trial_run.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <stdexcept>

#include "training/checkpoint.h"
#include "training/gradient.h"
#include "training/loaded_weights.h"
#include "training/retention.h"
#include "training/safetensors.h"
#include "training/trainer.h"
#include "unroll/error.h"

namespace unroll::sweep {

namespace {

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

}  // namespace

TrialRun::TrialRun(const Work& work, const Task& task, const plugins::Catalog& catalog, const Settings& settings,
                   store::Writer& writer, Observer& observer)
    : work_(work),
      task_(task),
      catalog_(catalog),
      settings_(settings),
      writer_(writer),
      observer_(observer),
      checkpoints_(task.checkpoints),
      present_(task.present),
      gradients_(task.gradients) {}

training::Outcome TrialRun::run(const std::atomic<bool>& stop) {
    using trial::TrialStatus;
    training::Outcome outcome;
    const auto fail = [&](const std::exception& error) {
        outcome.status = TrialStatus::failed;
        outcome.error = error.what();
    };
    try {
        const model::Model<float> model(*work_.trial, work_.dataset->task(), catalog_);
        if (task_.train) outcome = train(model, stop);
        if (outcome.status == TrialStatus::finished) try {
                make_samples(model, stop);
                measure_gradients(model, stop);
            } catch (const std::domain_error&) {  // logits that are not finite, which no evaluation noticed
                if (!task_.train) throw;
                outcome.status = TrialStatus::diverged;
                outcome.diverged_step = outcome.step;
            }
    } catch (const std::exception& error) {
        fail(error);
    }
    try {
        if (began_) end(outcome);
    } catch (const std::exception& error) {
        if (outcome.status != TrialStatus::failed) fail(error);
    }
    return outcome;
}

/// The newest checkpoint whose file is whole; older ones are tried, and none means from the beginning.
const training::CheckpointInfo* TrialRun::usable_checkpoint() {
    while (!checkpoints_.empty()) {
        try {
            training::SafetensorsFile(checkpoints_.back().path, checkpoints_.back().sha256);
            return &checkpoints_.back();
        } catch (const Error&) {
            checkpoints_.pop_back();
        }
    }
    return nullptr;
}

training::Outcome TrialRun::train(const model::Model<float>& model, const std::atomic<bool>& stop) {
    const std::string& fingerprint = work_.row.fingerprint;
    const training::CheckpointInfo* from = usable_checkpoint();
    const std::uint64_t from_step = from ? from->step : 0;
    std::erase_if(present_, [&](const sampling::SampleKey& key) { return key.step > from_step; });
    std::erase_if(gradients_, [&](std::uint64_t step) { return step > from_step; });
    observer_.started(task_.index, from_step);
    writer_.push(store::AttemptStart{fingerprint, task_.build, host_name(), getpid(), settings_.jobs, from_step});
    began_ = true;

    const training::Job job{*work_.trial,
                            *work_.dataset,
                            model,
                            catalog_,
                            work_.sampling,
                            store::checkpoint_folder(settings_.database, fingerprint),
                            from ? std::optional(from->path) : std::nullopt,
                            work_.gradient};
    return training::train(job, *this, stop);
}

void TrialRun::make_samples(const model::Model<float>& model, const std::atomic<bool>& stop) {
    if (!task_.train) {
        observer_.started(task_.index, work_.row.steps);
        write(task_.unmeasured);
    }
    const Missing missing = missing_samples(work_, present_, checkpoints_);
    if (missing.makeable.empty()) return;
    const FloatingPointMode mode;
    for (const MissingAt& at : missing.makeable) {
        const training::LoadedWeights trained(model, at.checkpoint.path);
        record(sampling::make_samples(model, trained.weights(), *work_.dataset, catalog_,
                                      work_.trial->training.sequence_length, at.samples, stop));
    }
}

void TrialRun::measure_gradients(const model::Model<float>& model, const std::atomic<bool>& stop) {
    const FloatingPointMode mode;
    model::Buffer<float> weights(model.parameters().size());
    for (const training::CheckpointInfo& checkpoint : missing_gradients(work_, gradients_, checkpoints_).makeable) {
        if (stop.load(std::memory_order_relaxed)) return;
        training::load_weights(checkpoint.path, model, weights.data());
        record(training::GradientByLag{
            checkpoint.step, training::gradient_by_lag(*work_.trial, *work_.dataset, catalog_, weights.data())});
    }
}

/// Measures texts and hands them to the writer.
void TrialRun::write(training::Samples texts) {
    if (work_.training_text) sampling::measure(texts, *work_.training_text);
    if (!texts.empty()) writer_.push(work_.row.fingerprint, std::move(texts));
}

void TrialRun::end(const training::Outcome& outcome) {
    store::AttemptEnd end;
    end.fingerprint = work_.row.fingerprint;
    end.outcome = outcome.status;
    end.error = outcome.error;
    end.step = std::max(outcome.step, reached_);
    end.tokens = outcome.tokens;
    end.seconds = outcome.seconds;
    end.tokens_per_second = outcome.seconds > 0 ? double(outcome.tokens) / outcome.seconds : 0;
    end.diverged_step = outcome.diverged_step;
    writer_.push(std::move(end));
}

void TrialRun::record(training::Record record) {
    if (auto* made = std::get_if<training::Samples>(&record)) {
        for (const sampling::Sample& sample : *made) present_.insert(sample.key);
        samples_made_ += made->size();
        return write(std::move(*made));
    }
    if (const auto* gradient = std::get_if<training::GradientByLag>(&record)) gradients_.insert(gradient->step);
    if (const auto* saved = std::get_if<training::CheckpointSaved>(&record))
        training::add_checkpoint(checkpoints_, *saved);
    writer_.push(work_.row.fingerprint, std::move(record));
}

void TrialRun::progress(const training::StepProgress& progress) {
    reached_ = progress.step;
    observer_.progress(task_.index, progress);
}

}  // namespace unroll::sweep
