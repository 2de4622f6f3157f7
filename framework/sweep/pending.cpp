// Samples, gradients, losses and checkpoints that are asked for and not there.
#include "sweep/pending.h"

#include <algorithm>
#include <functional>

#include "json/parse.h"
#include "json/write.h"
#include "training/batches.h"
#include "training/length.h"
#include "trial/due.h"
#include "trial/topology.h"

namespace unroll::sweep {

namespace {

/// Of a trial that has ended with the newest of `checkpoints`.
trial::Length length_of(const trial::Trial& trial, const Dataset& dataset,
                        const std::vector<training::CheckpointInfo>& checkpoints) {
    trial::Length length = training::length_of(trial, dataset);
    if (!checkpoints.empty()) length.steps = checkpoints.back().step;
    return length;
}

const training::CheckpointInfo* find(const std::vector<training::CheckpointInfo>& checkpoints, std::uint64_t step) {
    for (const training::CheckpointInfo& checkpoint : checkpoints)
        if (checkpoint.step == step && checkpoint.is_usable) return &checkpoint;
    return nullptr;
}

/// Steps are met one by one and never gathered: a long training has many.
void each_due(const std::vector<trial::When>& when_due, const trial::Length& length,
              const std::function<void(std::uint64_t step)>& meet) {
    const auto is_due = [&](const trial::When& when) { return trial::is_due(when, 0, length); };
    if (length.steps == 0 && std::any_of(when_due.begin(), when_due.end(), is_due)) meet(0);  // nothing was trained
    for (auto step = trial::next_due(when_due, 0, length); step; step = trial::next_due(when_due, *step, length))
        meet(*step);
}

/// Whether the validation loss that is due at a step is not there, nor near enough where only a distance is asked for.
bool is_unknown(const trial::When& when, std::uint64_t step, const store::KnownLosses& known) {
    const std::uint64_t near = when.kind == trial::When::Kind::times ? known.end / (2 * when.count) : 0;
    const auto next = std::lower_bound(known.validation.begin(), known.validation.end(), step - std::min(step, near));
    const bool is_there = next != known.validation.end() && *next <= step + (step == known.end ? 0 : near);
    return !is_there || (step == known.end && !known.by_position.contains("validation"));
}

/// Whether the settings of a trial's config ask for checkpoints that those it was trained with did not. Where
/// checkpoint_every is that of the evaluations, its default, only their number is a request.
bool asks_for_more(const std::string& config, const std::string& stored) {
    const json::Value now = json::parse(config, "config"), before = json::parse(stored, "config");
    const auto setting = [](const json::Value& settings, std::string_view name) {
        const json::Value* training = settings.find("training");
        const json::Value* found = training ? training->find(name) : nullptr;
        return found ? json::dump(*found) : std::string();
    };
    const auto number = [&](const json::Value& settings) {
        const json::Value* training = settings.find("training");
        const json::Value* found = training ? training->find("keep_checkpoints") : nullptr;
        return found && found->integer() ? *found->integer() : 0;
    };
    const std::string every = setting(now, "checkpoint_every");
    return number(now) > number(before) ||
           (every != setting(before, "checkpoint_every") && every != setting(now, "evaluate_every"));
}

}  // namespace

PendingSamples pending_samples(const trial::Trial& trial, const Dataset& dataset,
                               const std::vector<trial::SamplingSettings>& sampling,
                               const std::set<sampling::SampleKey>& present,
                               const std::vector<training::CheckpointInfo>& checkpoints) {
    PendingSamples pending;
    if (sampling.empty()) return pending;
    const trial::Length length = length_of(trial, dataset, checkpoints);
    std::vector<trial::When> when_due;
    for (const trial::SamplingSettings& settings : sampling) when_due.push_back(settings.every);
    each_due(when_due, length, [&](std::uint64_t step) {
        std::vector<trial::SamplingSettings> settings;
        for (const trial::SamplingSettings& one : sampling)
            if (trial::is_due(one.every, step, length)) settings.push_back(one);
        std::vector<sampling::PlannedSample> absent;
        for (sampling::PlannedSample& wanted :
             sampling::plan_samples(trial, settings, dataset, step, double(step) / double(length.epoch))) {
            if (!present.contains(wanted.sample.key)) absent.push_back(std::move(wanted));
        }
        if (absent.empty()) return;
        if (const training::CheckpointInfo* kept = find(checkpoints, step))
            pending.makeable.push_back({*kept, std::move(absent)});
        else
            pending.lost += absent.size();
    });
    return pending;
}

PendingGradients pending_gradients(const trial::Trial& trial, const Dataset& dataset,
                                   const std::vector<trial::When>& when_due, const std::set<std::uint64_t>& present,
                                   const std::vector<training::CheckpointInfo>& checkpoints) {
    PendingGradients pending;
    each_due(when_due, length_of(trial, dataset, checkpoints), [&](std::uint64_t step) {
        if (present.contains(step)) return;
        if (const training::CheckpointInfo* kept = find(checkpoints, step))
            pending.makeable.push_back(*kept);
        else
            ++pending.lost;
    });
    return pending;
}

PendingEvaluations pending_evaluations(const trial::Trial& trial, const Dataset& dataset,
                                       const std::vector<trial::When>& when_due, const store::KnownLosses& known,
                                       const std::vector<training::CheckpointInfo>& checkpoints) {
    PendingEvaluations pending;
    pending.curve_lost = known.training + 1 < known.end / trial.training.log_every;
    if (!trial::topology_of(dataset.task()).evaluated || !trial.training.stop.metric.empty()) return pending;
    const auto has = [&](Split split) {
        return training::Batches(dataset, split, training::evaluation_plan(trial)).per_epoch() > 0;
    };
    const auto add = [&](std::uint64_t step, std::vector<Split> splits) {
        if (const training::CheckpointInfo* kept = find(checkpoints, step))
            pending.makeable.push_back({*kept, std::move(splits), step == known.end});
        else
            ++pending.lost;
    };
    std::vector<Split> at_end;
    if (has(Split::validation)) {
        trial::Length length = training::length_of(trial, dataset);
        length.steps = std::min(length.steps, known.end);
        each_due(when_due, length, [&](std::uint64_t step) {
            const auto wants = [&](const trial::When& when) {
                return trial::is_due(when, step, length) && is_unknown(when, step, known);
            };
            if (std::none_of(when_due.begin(), when_due.end(), wants)) return;
            if (step == known.end)
                at_end.push_back(Split::validation);
            else
                add(step, {Split::validation});
        });
    }
    if (has(Split::test) && !(known.test && known.by_position.contains("test"))) at_end.push_back(Split::test);
    if (!at_end.empty()) add(known.end, std::move(at_end));
    return pending;
}

Size lacking_checkpoints(const trial::Trial& trial, const Dataset& dataset, const std::string& stored_config,
                         const std::vector<training::CheckpointInfo>& checkpoints) {
    if (checkpoints.empty() || stored_config.empty() || stored_config == trial.config ||
        !asks_for_more(trial.config, stored_config))
        return 0;
    const trial::Length length = length_of(trial, dataset, checkpoints);
    const trial::When& every = trial.training.checkpoint_every;
    const std::uint64_t due = trial::count_due(every, length);
    const std::uint64_t skipped = due - std::min<std::uint64_t>(due, trial.training.keep_checkpoints);
    // The checkpoints that are there are few; the steps that are due may be many.
    std::uint64_t there = 0;
    for (const training::CheckpointInfo& checkpoint : checkpoints) {
        const bool is_new =
            checkpoint.step > 0 && due - trial::count_due(every, length, checkpoint.step - 1) >= skipped;
        there += checkpoint.is_usable && is_new && trial::is_due(every, checkpoint.step, length);
    }
    return due - skipped - there;
}

}  // namespace unroll::sweep
