// One trial within a sweep.
#include "sweep/trial_run.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <stdexcept>

#include "training/checkpoint.h"
#include "training/gradient.h"
#include "training/snapshot.h"
#include "training/trained.h"
#include "training/trainer.h"
#include "unroll/error.h"

namespace unroll::sweep {

namespace {

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

Ending ending_of(const training::Outcome& outcome) {
    using Kind = training::Outcome::Kind;
    switch (outcome.kind) {
        case Kind::finished:
            return {Ending::Kind::finished, {}};
        case Kind::diverged:
            return {Ending::Kind::diverged, {}};
        case Kind::interrupted:
            break;
    }
    return {Ending::Kind::interrupted, {}};
}

store::Status status_of(Ending::Kind kind) {
    switch (kind) {
        case Ending::Kind::finished:
            return store::Status::finished;
        case Ending::Kind::diverged:
            return store::Status::diverged;
        case Ending::Kind::failed:
            return store::Status::failed;
        case Ending::Kind::interrupted:
            break;
    }
    return store::Status::interrupted;
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

Ending TrialRun::run(const std::atomic<bool>& stop) {
    training::Outcome outcome;
    Ending ending;
    try {
        const model::Model<float> model(*work_.trial, work_.dataset->task(), catalog_);
        if (task_.train) {
            outcome = train(model, stop);
            ending = ending_of(outcome);
        }
        if (ending.kind == Ending::Kind::finished) try {
                make_samples(model, stop);
                measure_gradients(model, stop);
            } catch (const std::domain_error&) {  // logits that are not finite, which no evaluation noticed
                if (!task_.train) throw;
                ending = {Ending::Kind::diverged, {}};
                outcome.diverged_step = outcome.step;
            }
    } catch (const std::exception& error) {
        ending = {Ending::Kind::failed, error.what()};
    }
    try {
        if (began_) end(ending, outcome);
    } catch (const std::exception& error) {
        if (ending.kind != Ending::Kind::failed) ending = {Ending::Kind::failed, error.what()};
    }
    return ending;
}

/// The newest checkpoint whose file is whole; older ones are tried, and none means from the beginning.
const store::Checkpoint* TrialRun::usable_checkpoint() {
    while (!checkpoints_.empty()) {
        try {
            training::Checkpoint(checkpoints_.back().path, checkpoints_.back().sha256);
            return &checkpoints_.back();
        } catch (const Error&) {
            checkpoints_.pop_back();
        }
    }
    return nullptr;
}

training::Outcome TrialRun::train(const model::Model<float>& model, const std::atomic<bool>& stop) {
    const std::string& fingerprint = work_.row.fingerprint;
    const store::Checkpoint* from = usable_checkpoint();
    const std::uint64_t from_step = from ? from->step : 0;
    std::erase_if(present_, [&](const store::SampleKey& key) { return key.step > from_step; });
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
        const training::Trained trained(model, at.checkpoint.path);
        samples(sampling::make(model, trained.weights(), *work_.dataset, catalog_,
                               work_.trial->training.sequence_length, at.samples, stop));
    }
}

void TrialRun::measure_gradients(const model::Model<float>& model, const std::atomic<bool>& stop) {
    const FloatingPointMode mode;
    model::Buffer<float> weights(model.parameters().size());
    for (const store::Checkpoint& checkpoint : missing_gradients(work_, gradients_, checkpoints_).makeable) {
        if (stop.load(std::memory_order_relaxed)) return;
        training::load_weights(checkpoint.path, model, weights.data());
        gradient(checkpoint.step, training::gradient_by_lag(*work_.trial, *work_.dataset, catalog_, weights.data()));
    }
}

/// Measures texts and hands them to the writer.
void TrialRun::write(std::vector<sampling::Sample> texts) {
    if (work_.training_text) sampling::measure(texts, *work_.training_text);
    for (sampling::Sample& sample : texts) writer_.push(work_.row.fingerprint, std::move(sample));
}

void TrialRun::end(const Ending& ending, const training::Outcome& outcome) {
    store::AttemptEnd end;
    end.fingerprint = work_.row.fingerprint;
    end.outcome = status_of(ending.kind);
    end.error = ending.error;
    end.step = std::max(outcome.step, reached_);
    end.tokens = outcome.tokens;
    end.seconds = outcome.seconds;
    end.tokens_per_second = outcome.seconds > 0 ? double(outcome.tokens) / outcome.seconds : 0;
    end.diverged_step = outcome.diverged_step;
    writer_.push(std::move(end));
}

void TrialRun::point(const training::Point& point) {
    writer_.push(work_.row.fingerprint, point);
}

void TrialRun::by_position(std::uint64_t step, std::string_view split, const training::PositionMeans& means) {
    writer_.push(work_.row.fingerprint, step, split, means);
}

void TrialRun::gradient(std::uint64_t step, training::GradientNorms norms) {
    gradients_.insert(step);
    writer_.push(work_.row.fingerprint, step, std::move(norms));
}

void TrialRun::samples(std::vector<sampling::Sample> made) {
    for (const sampling::Sample& sample : made) present_.insert(key_of(sample));
    samples_made_ += made.size();
    write(std::move(made));
}

/// Those that the writer no longer keeps are gone from here, too.
void TrialRun::checkpoint(training::CheckpointRecord checkpoint) {
    for (store::Checkpoint& other : checkpoints_) {
        other.is_last = other.is_last && !checkpoint.is_last;
        other.is_best = other.is_best && !checkpoint.is_best;
    }
    checkpoints_.push_back(
        {checkpoint.step, checkpoint.path, checkpoint.sha256, checkpoint.is_last, checkpoint.is_best});
    const Size keep = work_.trial->training.keep_checkpoints, count = checkpoints_.size();
    const auto first_kept = checkpoints_.begin() + std::ptrdiff_t(count - std::min(count, keep));
    checkpoints_.erase(std::remove_if(checkpoints_.begin(), first_kept,
                                      [](const store::Checkpoint& old) { return !old.is_best && !old.is_last; }),
                       first_kept);
    writer_.push(work_.row.fingerprint, std::move(checkpoint), keep);
}

void TrialRun::progress(std::uint64_t step, std::uint64_t steps, double loss, double tokens_per_second) {
    reached_ = step;
    observer_.progress(task_.index, step, steps, loss, tokens_per_second);
}

}  // namespace unroll::sweep
