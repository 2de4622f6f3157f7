// Samples and gradients that are asked for and not there.
#include "sweep/missing.h"

#include <map>

#include "training/length.h"
#include "trial/due.h"

namespace unroll::sweep {

namespace {

/// Of a trial that has ended with the newest of `checkpoints`.
trial::Length length_of(const Work& work, const std::vector<training::CheckpointInfo>& checkpoints) {
    trial::Length length = training::length_of(*work.trial, *work.dataset);
    if (!checkpoints.empty()) length.steps = checkpoints.back().step;
    return length;
}

const training::CheckpointInfo* find(const std::vector<training::CheckpointInfo>& checkpoints, std::uint64_t step) {
    for (const training::CheckpointInfo& checkpoint : checkpoints)
        if (checkpoint.step == step) return &checkpoint;
    return nullptr;
}

}  // namespace

Missing missing_samples(const Work& work, const std::set<sampling::SampleKey>& present,
                        const std::vector<training::CheckpointInfo>& checkpoints) {
    Missing missing;
    if (work.sampling.empty()) return missing;
    const trial::Length length = length_of(work, checkpoints);
    std::map<std::uint64_t, std::vector<trial::SamplingSettings>> due;
    for (const trial::SamplingSettings& settings : work.sampling)
        for (const std::uint64_t step : trial::due_steps(settings.every, length)) due[step].push_back(settings);
    for (const auto& [step, settings] : due) {
        std::vector<sampling::PlannedSample> absent;
        for (sampling::PlannedSample& wanted :
             sampling::plan_samples(*work.trial, settings, *work.dataset, step, double(step) / double(length.epoch))) {
            if (!present.contains(wanted.sample.key)) absent.push_back(std::move(wanted));
        }
        if (absent.empty()) continue;
        if (const training::CheckpointInfo* kept = find(checkpoints, step))
            missing.makeable.push_back({*kept, std::move(absent)});
        else
            missing.lost += absent.size();
    }
    return missing;
}

MissingGradients missing_gradients(const Work& work, const std::set<std::uint64_t>& present,
                                   const std::vector<training::CheckpointInfo>& checkpoints) {
    MissingGradients missing;
    std::set<std::uint64_t> due;
    for (const trial::When& when : work.gradient)
        for (const std::uint64_t step : trial::due_steps(when, length_of(work, checkpoints))) due.insert(step);
    for (const std::uint64_t step : due) {
        if (present.contains(step)) continue;
        if (const training::CheckpointInfo* kept = find(checkpoints, step))
            missing.makeable.push_back(*kept);
        else
            ++missing.lost;
    }
    return missing;
}

}  // namespace unroll::sweep
