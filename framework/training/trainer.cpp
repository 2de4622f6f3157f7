// One trial: steps, and what is due after them.
#include "training/trainer.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "sampling/pick.h"
#include "sampling/sample_plan.h"
#include "training/batches.h"
#include "training/gradient.h"
#include "training/guessing.h"
#include "training/learner.h"
#include "training/length.h"
#include "training/mode.h"
#include "training/part_optimizers.h"
#include "training/series_log.h"
#include "training/trouble.h"
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
          learner_(make_learner({job.trial, job.model, optimizers_, length_, batches_, {&validation_, &test_}})),
          log_(sink, length_),
          now_{.stopping = StoppingState{Stopping(settings_.stop)}},
          before_(now_.stopping) {
        if (batches_.per_epoch() == 0) refuse_split();
        now_.weights = model::Buffer<float>(job.model.parameters().size());
        now_.slots = model::Buffer<float>(optimizers_.state_size());
        if (const Size size = learner_->carried_size()) now_.carried = model::Buffer<float>(size);
    }

    Outcome run() {
        const FloatingPointMode mode;
        if (job_.resume)
            now_.load(*job_.resume, job_.model, optimizers_);
        else
            initialize();
        learner_->prepare(now_);
        if (now_.stopping.stopped_early) length_.steps = now_.step;
        log_.start(now_);

        if (now_.pending && !finish_step()) return outcome();
        if (job_.continues && !take_up()) return outcome();
        // Trained weights that are measured as they are.
        if (length_.steps == 0 && !job_.resume && !job_.continues && !finish_step()) return outcome();
        while (!done()) {
            if (!step()) break;
            if (now_.step % settings_.log_every == 0 && !done()) log_.means(now_, *learner_);
            if (now_.step % length_.epoch == 0) log_.epoch(now_);
            if (!finish_step()) break;
            if ((stop_.load(std::memory_order_relaxed) || decision() == Decision::pause) && !done()) {
                if (saved_step_ != now_.step) save_for_later();
                status_ = trial::TrialStatus::interrupted;
                break;
            }
        }
        return outcome();
    }

private:
    [[noreturn]] void refuse_split() const {
        const Size found = job_.dataset.tokens(Split::train).size() + job_.dataset.examples(Split::train);
        const Size streams = settings_.windows == trial::Windows::streams ? settings_.batch : 1;
        const Size needed = job_.model.topology().corpus ? streams * batches_.sequence_length() + 1 : 1;
        throw Error({"training.sequence_length", fmt::format("a training split of {}, too short for a batch", found),
                     fmt::format("at least {}", needed),
                     "enlarge the training split, or lower training.sequence_length or training.batch"});
    }

    void initialize() {
        job_.model.initialize(now_.weights.data());
        if (job_.start) job_.start(now_.weights.data());
    }

    /// Where another trial has ended and this one goes on: what a trial that was never stopped records at this step.
    /// False when it diverged or was interrupted.
    bool take_up() {
        taking_up_ = true;
        bool goes_on = true;
        if (done()) {
            goes_on = finish_step();
        } else {
            if (now_.step % settings_.log_every == 0 && now_.since_log.predictions) log_.means(now_, *learner_);
            measure_gradient();
            goes_on = make_samples();
        }
        taking_up_ = false;
        return goes_on;
    }

    bool done() const { return now_.step >= length_.steps || now_.stopping.stopped_early; }

    /// One training step. False when the loss, the gradient or the weights are no longer finite.
    bool step() {
        const auto start = Clock::now();
        const Size index = now_.step % length_.epoch;
        batches_.fill(now_.step / length_.epoch, index, batch_);
        const auto sums = learner_->step(now_, batch_, index);
        require_mode("a cell");
        if (!sums || !std::isfinite(sum_of_squares(now_.weights.data(), now_.weights.size())))
            return diverge(now_.step + 1);

        ++now_.step;
        now_.tokens += batch_.T * batch_.B;
        now_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
        log_.step(now_, *sums, batch_.T * batch_.B);
        return true;
    }

    bool diverge(std::uint64_t step) {
        status_ = trial::TrialStatus::diverged;
        diverged_step_ = step;
        return false;
    }

    /// What is due after a step. False when the trial diverged or was interrupted here.
    bool finish_step() {
        now_.pending = true;
        before_ = now_.stopping;
        is_best_ = false;
        if (evaluates() && !evaluate_validation()) return false;
        if (done() && !evaluate_test()) return false;
        if (done() && ends_far_above_guessing()) return diverge(now_.step);
        measure_gradient();
        if (!make_samples()) return false;
        if (done()) log_.final_means(now_, *learner_);
        now_.pending = false;
        if (done() || is_due(settings_.checkpoint_every, now_.step, length_))
            save({.is_best = is_best_});
        else if (is_best_ && keeps_best())
            save({.is_best = true, .is_scheduled = false});
        else if (is_time_to_save())
            save_for_later();
        return true;
    }

    /// The moment depends on the machine; what is kept in the end does not.
    bool is_time_to_save() const {
        return settings_.checkpoint_every.kind == trial::When::Kind::seconds &&
               Clock::now() - saved_at_ >= std::chrono::seconds(settings_.checkpoint_every.count);
    }

    /// Whether the best evaluation gets a checkpoint of its own where none is asked for. Who wants none but the last
    /// one gets no other.
    bool keeps_best() const {
        const trial::When::Kind kind = settings_.checkpoint_every.kind;
        return kind != trial::When::Kind::never && kind != trial::When::Kind::end;
    }

    bool evaluates() const {
        return is_due(settings_.evaluate_every, now_.step, length_) ||
               (settings_.stop.metric.empty() && job_.evaluate_at && job_.evaluate_at(now_.step));
    }

    /// In the middle of what is due: the checkpoint stands before all of it, so that the next attempt does it whole.
    bool interrupt() {
        now_.stopping = before_;
        if (!taking_up_) save_for_later();  // the checkpoint that it is taken up from is there
        status_ = trial::TrialStatus::interrupted;
        return false;
    }

    /// False when the trial was interrupted or has diverged. `evaluation` stays empty where there is none.
    bool evaluate(Batches& batches, Split split, std::optional<Evaluation>& evaluation) {
        if (batches.per_epoch()) evaluation = learner_->evaluate(now_, batches, stop_);
        require_mode("a cell");
        if (!evaluation) return true;
        if (!evaluation->complete) return interrupt();
        if (!std::isfinite(evaluation->sums.loss)) return diverge(now_.step);
        for (const Metric& metric : learner_->split_metrics(evaluation->sums)) log_.point(now_, split, metric);
        last_loss_ = evaluation->sums.mean();
        return true;
    }

    bool evaluate_validation() {
        std::optional<Evaluation> evaluation;
        if (!evaluate(validation_, Split::validation, evaluation)) return false;
        if (!evaluation) {
            if (decision() == Decision::end && !done()) end_here();
            return true;
        }
        const double loss = evaluation->sums.mean();
        now_.stopping.best.observe(now_.step, loss);
        is_best_ = now_.stopping.best.any() && now_.stopping.best.step() == now_.step;
        const bool watches_accuracy = settings_.stop.metric == "validation/accuracy";
        const double watched = watches_accuracy ? evaluation->sums.accuracy() : loss;
        const bool ends = now_.stopping.rule.observe(now_.step, watched);
        if ((ends || decision() == Decision::end) && !done()) end_here();
        if (done()) sink_.record(LossByPosition{now_.step, Split::validation, evaluation->by_position});
        return true;
    }

    /// Losses that explode may stay finite: such a trial has diverged as well as one whose loss is none.
    bool ends_far_above_guessing() const {
        const model::LossSums trained = now_.recent.over(RecentLosses::window(now_.step)).loss;
        const double worst = std::max(trained.predictions ? trained.mean() : 0, last_loss_);
        return has_exploded(worst, loss_of_guessing(job_.dataset));
    }

    Decision decision() const { return job_.decide ? job_.decide() : Decision::go_on; }

    void end_here() {
        now_.stopping.stopped_early = true;
        length_.steps = now_.step;
    }

    bool evaluate_test() {
        std::optional<Evaluation> evaluation;
        if (!evaluate(test_, Split::test, evaluation)) return false;
        if (evaluation) sink_.record(LossByPosition{now_.step, Split::test, evaluation->by_position});
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
        const double epoch = double(now_.step) / double(length_.epoch);
        Samples samples;
        Size planned = 0;
        try {
            const FloatingPointMode mode;
            const auto plan = sampling::plan_samples(job_.trial, due, job_.dataset, now_.step, epoch);
            planned = plan.size();
            samples = sampling::make_samples(job_.model, learner_->weights(now_), job_.dataset, job_.catalog,
                                             settings_.sequence_length, plan, stop_);
            require_mode("a sampler");
        } catch (const sampling::NotFinite&) {
            return diverge(now_.step);
        } catch (...) {
            if (unmade_.what.empty()) unmade_ = current_trouble();
            return true;
        }
        if (samples.size() < planned) return interrupt();
        sink_.record(std::move(samples));
        return true;
    }

    struct Mark {
        bool is_best = false, is_scheduled = true;
    };

    void save(const Mark& mark) {
        auto [path, sha256] = now_.save(job_.folder, job_.trial, job_.model, optimizers_, job_.dataset);
        sink_.record(
            CheckpointSaved{{now_.step, std::move(path), std::move(sha256), true, mark.is_best, mark.is_scheduled},
                            settings_.keep_checkpoints});
        saved_step_ = now_.step;
        saved_at_ = Clock::now();
    }

    /// At an interruption, to go on from: what a trial that is never interrupted does not keep.
    void save_for_later() { save({.is_best = false, .is_scheduled = false}); }

    Outcome outcome() const {
        Outcome outcome{status_, now_.step, now_.tokens, now_.seconds, diverged_step_};
        if (status_ == trial::TrialStatus::finished) {
            outcome.error = unmade_.what;
            outcome.cause = unmade_.cause;
        }
        return outcome;
    }

    const Job& job_;
    const trial::TrainingSettings& settings_;
    Sink& sink_;
    const std::atomic<bool>& stop_;
    Batches batches_, validation_, test_;
    trial::Length length_;
    const PartOptimizers optimizers_;
    const std::unique_ptr<Learner> learner_;
    SeriesLog log_;
    model::Batch<float> batch_;
    TrainingState now_;
    StoppingState before_;  ///< as it was before what is due after this step

    bool is_best_ = false, taking_up_ = false;
    std::uint64_t saved_step_ = ~std::uint64_t{0};
    Clock::time_point saved_at_ = Clock::now();
    trial::TrialStatus status_ = trial::TrialStatus::finished;
    std::optional<std::uint64_t> diverged_step_;
    double last_loss_ = 0;  ///< of the last evaluation; 0: there was none
    Trouble unmade_;        ///< what kept samples from being made, the first time
};

}  // namespace

Outcome train(const Job& job, Sink& sink, const std::atomic<bool>& stop) {
    return Trainer(job, sink, stop).run();
}

}  // namespace unroll::training
