// Generated images before their judges.
#include "sweep/judging.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/transient.h"
#include "manifest/data_files/relocation.h"
#include "sampling/judgement.h"
#include "store/experiments.h"
#include "sweep/threads.h"
#include "training/checkpoint_file.h"
#include "training/loaded_weights.h"
#include "unroll/error.h"
#include "unroll/kernels.h"

namespace unroll::sweep {

namespace {

/// Their mean confidence then varies by less than 0.01 from one draw to the next.
constexpr Size images = 1000;

}  // namespace

Judges::Judges(const std::vector<manifest::Plan>& plans, const plugins::Catalog& catalog,
               manifest::DatasetCache& datasets, std::filesystem::path database)
    : catalog_(catalog), datasets_(datasets), database_(std::move(database)) {
    for (const manifest::Plan& plan : plans)
        for (const manifest::PlannedTrial& planned : plan.trials)
            for (const trial::SamplingSettings& settings : planned.sampling) {
                const auto same = [&](const Pair& pair) {
                    return pair.trial->fingerprint == planned.trial.fingerprint && pair.judge == settings.judge;
                };
                if (!settings.judge.empty() && std::none_of(pairs_.begin(), pairs_.end(), same))
                    pairs_.push_back({plan.name, &planned.trial, settings.judge});
            }
}

model::Model<float> Judges::model_of(const trial::Trial& trial) {
    return model::Model<float>(trial, datasets_.load(trial.dataset)->task(), catalog_);
}

RunnableTrial Judges::fitting(const store::FoundTrial& judge, const Pair& pair) {
    RunnableTrial trial = rebuild(judge.config, judge.fingerprint, fmt::format("trial {}", judge.id), catalog_,
                                  datasets_, manifest::lookup_of_store(database_));
    const model::Model<float> generator = model_of(*pair.trial);
    if (!sampling::can_judge(trial.model, generator))
        throw Error({fmt::format("{}: sampling.judge", pair.experiment),
                     fmt::format("'{}', whose trial {} is not a classifier of {}-pixel images", pair.judge, judge.id,
                                 generator.task().input_reals),
                     "an experiment whose dataset has labelled images of this size", "name another experiment"});
    return trial;
}

void Judges::check() {
    if (pairs_.empty() || !std::filesystem::exists(database_)) return;
    const store::RunnerLock lock(database_);
    store::Store store(database_, store::Store::Mode::write);  // an older one is brought up to date
    for (const Pair& pair : pairs_)
        if (const auto judge = store::best_trial(store, pair.judge)) fitting(*judge, pair);
    store.close();
}

JudgingReport Judges::judge(Size threads, const std::atomic<bool>& stop) {
    JudgingReport report;
    if (!pairs_.empty() && !stop) run_with_help(threads, [&] { judge_all(stop, report); });
    return report;
}

void Judges::judge_all(const std::atomic<bool>& stop, JudgingReport& report) {
    try {
        const store::RunnerLock lock(database_);
        store::Store store(database_, store::Store::Mode::write);
        for (const Pair& pair : pairs_) try {
                judge(store, pair, stop, report);
            } catch (...) {
                store.rollback();
                report.problems.push_back(base::what_is(std::current_exception()));
            }
        store.close();
    } catch (...) {
        report.problems.push_back(base::what_is(std::current_exception()));
    }
}

std::string Judges::why_none(store::Store& store, const Pair& pair) const {
    const bool is_there = store::has_experiment(store, pair.judge);
    const std::vector<store::StatusCount> counts = store::status_counts(store, pair.judge);
    const bool has_finished = std::any_of(counts.begin(), counts.end(), [](const store::StatusCount& each) {
        return each.status == trial::TrialStatus::finished && each.trials > 0;
    });
    return fmt::format(
        "{}: no image is judged: {}", pair.experiment,
        !is_there ? fmt::format("{} has no experiment '{}'; run that manifest with this --db, then this one again",
                                database_.string(), pair.judge)
        : !has_finished ? fmt::format("'{}' has no finished trial in {}; run it, then this one again", pair.judge,
                                      database_.string())
                        : fmt::format("no finished trial of '{}' has the metric that it compares; correct its "
                                      "compare.metric",
                                      pair.judge));
}

void Judges::judge(store::Store& store, const Pair& pair, const std::atomic<bool>& stop, JudgingReport& report) {
    const auto found = store::best_trial(store, pair.judge);
    if (!found) return report.notes.push_back(why_none(store, pair));
    const std::string& fingerprint = pair.trial->fingerprint;
    const store::TrialState state = store.states({fingerprint}).at(fingerprint);
    if (state.status != trial::TrialStatus::finished) return;
    const auto present = store.judgements(fingerprint, found->fingerprint);
    std::vector<training::CheckpointInfo> missing;
    for (const training::CheckpointInfo& checkpoint : state.checkpoints)
        if (!present.contains(checkpoint.step)) missing.push_back(checkpoint);
    if (missing.empty()) return;

    const FloatingPointMode mode;
    const RunnableTrial judge = fitting(*found, pair);
    const auto kept = store.states({found->fingerprint}).at(found->fingerprint).checkpoints;
    if (kept.empty())
        throw Error({fmt::format("trial {}", found->id), "no checkpoint", "that of a classifier, to judge images with",
                     fmt::format("run the manifest of '{}' with --fresh", pair.judge)});
    const training::LoadedWeights classifier(judge.model, kept.back());
    const model::Model<float> generator = model_of(*pair.trial);
    for (const training::CheckpointInfo& checkpoint : missing) {
        if (stop) return;
        if (const std::string fault = training::checkpoint_fault(checkpoint); !fault.empty()) {
            report.problems.push_back(fmt::format(
                "{}: the images of trial {} at step {} are not judged: {}; unroll run with --remeasure trains it "
                "again",
                pair.experiment, state.id, checkpoint.step, fault));
            continue;
        }
        const training::LoadedWeights maker(generator, checkpoint);
        const sampling::Judgement judgement =
            sampling::judge(generator, maker.weights(), judge.model, classifier.weights(), images,
                            RandomStream(pair.trial->seed, "judged images"));
        store.begin();
        store.write(fingerprint, training::ImageJudgement{checkpoint.step, found->fingerprint, judgement});
        store.commit();
    }
}

}  // namespace unroll::sweep
