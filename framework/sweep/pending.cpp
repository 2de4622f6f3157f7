// Samples and gradients that are asked for and not there.
#include "sweep/pending.h"

#include <algorithm>
#include <map>

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

}  // namespace

PendingSamples pending_samples(const trial::Trial& trial, const Dataset& dataset,
                               const std::vector<trial::SamplingSettings>& sampling,
                               const std::set<sampling::SampleKey>& present,
                               const std::vector<training::CheckpointInfo>& checkpoints) {
    PendingSamples pending;
    if (sampling.empty()) return pending;
    const trial::Length length = length_of(trial, dataset, checkpoints);
    std::map<std::uint64_t, std::vector<trial::SamplingSettings>> due;
    for (const trial::SamplingSettings& settings : sampling)
        for (const std::uint64_t step : trial::due_steps(settings.every, length)) due[step].push_back(settings);
    for (const auto& [step, settings] : due) {
        std::vector<sampling::PlannedSample> absent;
        for (sampling::PlannedSample& wanted :
             sampling::plan_samples(trial, settings, dataset, step, double(step) / double(length.epoch))) {
            if (!present.contains(wanted.sample.key)) absent.push_back(std::move(wanted));
        }
        if (absent.empty()) continue;
        if (const training::CheckpointInfo* kept = find(checkpoints, step))
            pending.makeable.push_back({*kept, std::move(absent)});
        else
            pending.lost += absent.size();
    }
    return pending;
}

PendingGradients pending_gradients(const trial::Trial& trial, const Dataset& dataset,
                                   const std::vector<trial::When>& when_due, const std::set<std::uint64_t>& present,
                                   const std::vector<training::CheckpointInfo>& checkpoints) {
    PendingGradients pending;
    std::set<std::uint64_t> due;
    for (const trial::When& when : when_due)
        for (const std::uint64_t step : trial::due_steps(when, length_of(trial, dataset, checkpoints)))
            due.insert(step);
    for (const std::uint64_t step : due) {
        if (present.contains(step)) continue;
        if (const training::CheckpointInfo* kept = find(checkpoints, step))
            pending.makeable.push_back(*kept);
        else
            ++pending.lost;
    }
    return pending;
}

std::set<std::uint64_t> evaluation_steps(const trial::Trial& trial, const Dataset& dataset,
                                         const std::vector<trial::When>& when_due, std::uint64_t end) {
    std::set<std::uint64_t> steps;
    trial::Length length = training::length_of(trial, dataset);
    length.steps = std::min(length.steps, end);
    for (const trial::When& when : when_due)
        for (const std::uint64_t step : trial::due_steps(when, length)) steps.insert(step);
    return steps;
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
    const bool has_validation = has(Split::validation), has_test = has(Split::test);
    std::map<std::uint64_t, std::vector<Split>> wanted;
    if (has_validation)
        for (const trial::When& when : when_due) {
            const std::uint64_t near = when.kind == trial::When::Kind::times ? known.end / (2 * when.count) : 0;
            for (const std::uint64_t step : evaluation_steps(trial, dataset, {when}, known.end)) {
                const auto next = known.validation.lower_bound(step - std::min(step, near));
                const bool is_end_without = step == known.end && !known.by_position.contains("validation");
                const bool is_there = next != known.validation.end() && *next <= step + (step == known.end ? 0 : near);
                if (!is_there || is_end_without) wanted[step] = {Split::validation};
            }
        }
    if (has_test && !(known.test && known.by_position.contains("test"))) wanted[known.end].push_back(Split::test);
    for (auto& [step, splits] : wanted)
        if (const training::CheckpointInfo* kept = find(checkpoints, step))
            pending.makeable.push_back({*kept, std::move(splits), step == known.end});
        else
            pending.lost.push_back(step);
    return pending;
}

}  // namespace unroll::sweep
