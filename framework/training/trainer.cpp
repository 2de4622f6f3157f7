// One trial: steps, and what is due after them.
#include "training/trainer.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "model/adversarial.h"
#include "model/pass.h"
#include "sampling/samples.h"
#include "training/batches.h"
#include "training/clip.h"
#include "training/evaluate.h"
#include "training/gradient.h"
#include "training/length.h"
#include "training/part_optimizers.h"
#include "training/schedule.h"
#include "training/snapshot.h"
#include "trial/due.h"
#include "unroll/error.h"
#include "unroll/kernels.h"

namespace unroll::training {

namespace {

using Clock = std::chrono::steady_clock;

class Trainer {
public:
    Trainer(const Job& job, Sink& sink, const std::atomic<bool>& stop)
        : job_(job),
          settings_(job.trial.training),
          sink_(sink),
          stop_(stop),
          batches_(job.dataset, Split::train, training_plan(job.trial)),
          validation_(job.dataset, Split::validation, evaluation_plan(job.trial)),
          test_(job.dataset, Split::test, evaluation_plan(job.trial)),
          length_(length_of(job.trial, job.dataset)),
          optimizers_(job.trial, job.model),
          pass_(job.model, is_duel() ? std::vector<model::Extent>() : extents(), model::Use::training),
          gradients_(job.model.parameters().size()),
          prepared_(job.model.prepared_size()),
          now_{.verdict = Verdict{Stopping(settings_.stop)}},
          before_(now_.verdict) {
        if (batches_.per_epoch() == 0) refuse_split();
        now_.weights = model::Buffer<float>(job.model.parameters().size());
        now_.slots = model::Buffer<float>(optimizers_.state_size());
        if (is_duel()) duel_.emplace(job.model, batches_.largest_batch(), model::Use::training);
        if (batches_.continues(1)) {
            now_.state = model::Buffer<float>(job.model.predictor().state_size(settings_.batch));
            next_state_ = model::Buffer<float>(now_.state.size());
        }
    }

    Outcome run() {
        const FloatingPointMode mode;
        if (job_.resume)
            now_.load(*job_.resume, job_.model, optimizers_);
        else
            job_.model.initialize(now_.weights.data());
        job_.model.prepare(now_.weights.data(), prepared_.data());
        if (now_.verdict.stopped_early) length_.steps = now_.step;
        logged_seconds_ = now_.seconds;

        if (now_.pending && !finish_step()) return outcome();
        while (!done()) {
            if (!step()) break;
            log();
            if (!finish_step()) break;
            if (stop_.load(std::memory_order_relaxed) && !done()) {
                if (saved_step_ != now_.step) save();
                kind_ = Outcome::Kind::interrupted;
                break;
            }
        }
        return outcome();
    }

private:
    std::vector<model::Extent> extents() const {
        std::vector<model::Extent> list{batches_.extent()};
        for (const Batches* batches : {&validation_, &test_})
            if (batches->per_epoch()) list.push_back(batches->extent());
        return list;
    }

    [[noreturn]] void refuse_split() const {
        const Size found = job_.dataset.tokens(Split::train).size() + job_.dataset.examples(Split::train);
        const Size streams = settings_.windows == trial::Windows::streams ? settings_.batch : 1;
        throw Error(
            {"training.sequence_length", fmt::format("a training split of {}, too short for a batch", found),
             fmt::format("at least {}", job_.model.topology().corpus ? streams * batches_.sequence_length() + 1 : 1),
             "enlarge the training split, or lower training.sequence_length or training.batch"});
    }

    model::Weights<float> weights() const { return {now_.weights.data(), prepared_.data()}; }
    bool done() const { return now_.step >= length_.steps || now_.verdict.stopped_early; }
    double epoch() const { return double(now_.step) / double(length_.epoch); }

    /// One training step. False when the loss, the gradient or the weights are no longer finite.
    bool step() {
        const auto start = Clock::now();
        const Size index = now_.step % length_.epoch;
        batches_.fill(now_.step / length_.epoch, index, batch_);
        const RandomStream dropout(job_.trial.seed, "dropout", {now_.step});
        const auto sums = duel_ ? duel(dropout) : descend(dropout, index);
        if (!sums || !std::isfinite(sum_of_squares(now_.weights.data(), now_.weights.size())))
            return diverge(now_.step + 1);

        ++now_.step;
        now_.tokens += batch_.T * batch_.B;
        now_.since_log += *sums;
        now_.since_epoch += *sums;
        tokens_since_log_ += batch_.T * batch_.B;
        now_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
        sink_.progress({now_.step, length_.steps, sums->mean(), double(tokens_since_log_) / seconds_since_log()});
        return true;
    }

    /// Down the gradient of the batch's mean loss. None when something is no longer finite.
    std::optional<model::LossSums> descend(const RandomStream& dropout, Size index) {
        const bool carries = now_.state.size() != 0;
        const bool continues = carries && batches_.continues(index);
        const model::LossSums sums = pass_.forward(weights(), batch_,
                                                   {.state = continues ? now_.state.data() : nullptr,
                                                    .next_state = carries ? next_state_.data() : nullptr,
                                                    .dropout = &dropout});
        if (!std::isfinite(sums.loss)) return std::nullopt;
        gradients_.clear();
        pass_.backward(gradients_.data());
        now_.gradient_norm = clip(settings_.clip, gradients_.data(), gradients_.size());
        if (!std::isfinite(now_.gradient_norm)) return std::nullopt;
        for (const PartOptimizer& part : optimizers_.all()) update(part);
        job_.model.prepare(now_.weights.data(), prepared_.data());
        if (carries) std::swap(now_.state, next_state_);
        return sums;
    }

    /// First the discriminator learns, then the generator. None when something is no longer finite.
    std::optional<model::LossSums> duel(const RandomStream& dropout) {
        const auto noise = [&](std::uint64_t turn) {
            return RandomStream(job_.trial.seed, "noise", {now_.step, turn});
        };
        gradients_.clear();
        const RandomStream own_dropout = dropout.split(0), other_dropout = dropout.split(1);
        const model::LossSums sums = duel_->discriminator_step(weights(), batch_.reals.data(),
                                                               {batch_.B, noise(0), &own_dropout}, gradients_.data());
        if (!std::isfinite(sums.loss) || !clip_and_update(optimizers_.main())) return std::nullopt;
        job_.model.prepare_predictor(now_.weights.data(), prepared_.data());

        const model::LossSums deceived =
            duel_->generator_step(weights(), {batch_.B, noise(1), &other_dropout}, gradients_.data());
        if (!std::isfinite(deceived.loss) || !clip_and_update(optimizers_.front())) return std::nullopt;
        job_.model.prepare_upstream(now_.weights.data(), prepared_.data());
        now_.deceived_since_log += deceived;
        return sums;
    }

    bool clip_and_update(const PartOptimizer& part) {
        now_.gradient_norm =
            clip(settings_.clip, gradients_.data() + part.weights.first, part.weights.last - part.weights.first);
        if (std::isfinite(now_.gradient_norm)) update(part);
        return std::isfinite(now_.gradient_norm);
    }

    void update(const PartOptimizer& part) {
        const double rate = learning_rate(part.settings, settings_.schedule, {now_.step, length_.steps, length_.epoch});
        optimizers_.step(part, now_.step + 1, rate, now_.weights.data(), gradients_.data(), now_.slots.data());
        if (&part == &optimizers_.main()) now_.learning_rate = rate;
    }

    double seconds_since_log() const { return std::max(now_.seconds - logged_seconds_, 1e-9); }

    bool diverge(std::uint64_t step) {
        kind_ = Outcome::Kind::diverged;
        diverged_step_ = step;
        return false;
    }

    void point(Split split, std::string_view name, double value) {
        sink_.record(Point{now_.step, epoch(), split, std::string(name), value, now_.seconds});
    }

    bool is_duel() const { return job_.model.topology().learning == trial::Learning::adversarial; }
    bool tells_accuracy() const { return job_.model.task().target_tokens > 0 || is_duel(); }
    /// Whether it matters that a whole sequence is right.
    bool tells_exactness() const { return job_.model.topology().exact_match; }

    /// The training series: every `log_every` steps, and when an epoch or the trial ends.
    void log() {
        if (now_.step % settings_.log_every == 0 || done()) log_means();
        if (now_.step % length_.epoch == 0) {
            point(Split::train, "epoch_loss", now_.since_epoch.mean());
            now_.since_epoch = {};
        }
    }

    void log_means() {
        point(Split::train, "loss", now_.since_log.mean());
        if (tells_accuracy()) point(Split::train, "accuracy", now_.since_log.accuracy());
        point(Split::train, "gradient_norm", now_.gradient_norm);
        point(Split::train, "learning_rate", now_.learning_rate);
        if (tokens_since_log_)
            point(Split::train, "tokens_per_second", double(tokens_since_log_) / seconds_since_log());
        if (duel_) {
            point(Split::train, "generator_loss", now_.deceived_since_log.mean());
            point(Split::train, "deceived", now_.deceived_since_log.accuracy());
        }
        now_.since_log = now_.deceived_since_log = {};
        tokens_since_log_ = 0;
        logged_seconds_ = now_.seconds;
    }

    /// What is due after a step. False when the trial diverged or was interrupted here.
    bool finish_step() {
        now_.pending = true;
        before_ = now_.verdict;
        is_best_ = false;
        if (is_due(settings_.evaluate_every, now_.step, length_) && !evaluate_validation()) return false;
        if (done() && !evaluate_test()) return false;
        measure_gradient();
        if (!make_samples()) return false;
        if (done() && now_.since_log.predictions) log_means();  // an evaluation has just ended the trial
        now_.pending = false;
        if (done() || is_due(settings_.checkpoint_every, now_.step, length_)) save();
        return true;
    }

    /// In the middle of what is due: the checkpoint stands before all of it, so that the next attempt does it whole.
    bool interrupt() {
        now_.verdict = before_;
        is_best_ = false;
        save();
        kind_ = Outcome::Kind::interrupted;
        return false;
    }

    /// None when the trial was interrupted or has diverged.
    std::optional<Evaluation> evaluate(Batches& batches, Split split) {
        Evaluation evaluation = training::evaluate(pass_, job_.model, weights(), batches, stop_);
        if (!evaluation.complete) {
            interrupt();
            return std::nullopt;
        }
        if (!std::isfinite(evaluation.sums.loss)) {
            diverge(now_.step);
            return std::nullopt;
        }
        point(split, "loss", evaluation.sums.mean());
        if (tells_accuracy()) point(split, "accuracy", evaluation.sums.accuracy());
        if (tells_exactness()) point(split, "exact", evaluation.sums.exactness());
        return evaluation;
    }

    bool evaluate_validation() {
        if (validation_.per_epoch() == 0 || duel_) return true;
        const auto evaluation = evaluate(validation_, Split::validation);
        if (!evaluation) return false;
        const double loss = evaluation->sums.mean();
        is_best_ = now_.verdict.best.observe(now_.step, loss);
        const bool watches_accuracy = settings_.stop.metric == "validation/accuracy";
        const double watched = watches_accuracy ? evaluation->sums.accuracy() : loss;
        if (now_.verdict.stopping.observe(now_.step, watched) && !done()) {
            now_.verdict.stopped_early = true;
            length_.steps = now_.step;
        }
        if (done()) sink_.record(LossByPosition{now_.step, Split::validation, evaluation->by_position});
        return true;
    }

    bool evaluate_test() {
        if (test_.per_epoch() == 0 || duel_) return true;
        const auto evaluation = evaluate(test_, Split::test);
        if (!evaluation) return false;
        sink_.record(LossByPosition{now_.step, Split::test, evaluation->by_position});
        return true;
    }

    /// As with samples: at the end it is measured with the last checkpoint.
    void measure_gradient() {
        const auto due = [&](const trial::When& when) { return is_due(when, now_.step, length_); };
        if (!done() && std::any_of(job_.gradient.begin(), job_.gradient.end(), due))
            sink_.record(
                GradientByLag{now_.step, gradient_by_lag(job_.trial, job_.dataset, job_.catalog, now_.weights.data())});
    }

    /// Samples that are due before the end; those at the end are made from the last checkpoint, as later ones are.
    bool make_samples() {
        if (done()) return true;
        std::vector<trial::SamplingSettings> due;
        for (const trial::SamplingSettings& settings : job_.sampling)
            if (is_due(settings.every, now_.step, length_)) due.push_back(settings);
        if (due.empty()) return true;
        const auto list = sampling::wanted(job_.trial, due, job_.dataset, now_.step, epoch());
        try {
            auto samples = sampling::make(job_.model, weights(), job_.dataset, job_.catalog, settings_.sequence_length,
                                          list, stop_);
            if (samples.size() < list.size()) return interrupt();
            sink_.record(std::move(samples));
            return true;
        } catch (const std::domain_error&) {  // logits that are not finite
            return diverge(now_.step);
        }
    }

    void save() {
        auto [path, sha256] = now_.save(job_.folder, job_.trial, job_.model, optimizers_);
        const bool is_best = is_best_ && !now_.pending;
        sink_.record(CheckpointSaved{{now_.step, std::move(path), std::move(sha256), true, is_best},
                                     settings_.keep_checkpoints});
        saved_step_ = now_.step;
    }

    Outcome outcome() const { return {kind_, now_.step, now_.tokens, now_.seconds, diverged_step_}; }

    const Job& job_;
    const trial::TrainingSettings& settings_;
    Sink& sink_;
    const std::atomic<bool>& stop_;
    Batches batches_, validation_, test_;
    trial::Length length_;
    const PartOptimizers optimizers_;
    model::Pass<float> pass_;
    std::optional<model::AdversarialPass<float>> duel_;  ///< in place of the pass, for a generator and a discriminator
    model::Buffer<float> gradients_, prepared_, next_state_;
    model::Batch<float> batch_;
    Snapshot now_;
    Verdict before_;  ///< as it was before what is due after this step

    bool is_best_ = false;
    std::uint64_t saved_step_ = ~std::uint64_t{0};
    std::uint64_t tokens_since_log_ = 0;
    double logged_seconds_ = 0;
    Outcome::Kind kind_ = Outcome::Kind::finished;
    std::optional<std::uint64_t> diverged_step_;
};

}  // namespace

Outcome train(const Job& job, Sink& sink, const std::atomic<bool>& stop) {
    return Trainer(job, sink, stop).run();
}

}  // namespace unroll::training
