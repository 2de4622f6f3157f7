// Samples and gradients that are asked for and not there.
#include "sweep/pending.h"

#include <map>

#include "training/length.h"
#include "trial/due.h"

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
        if (checkpoint.step == step) return &checkpoint;
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

}  // namespace unroll::sweep
