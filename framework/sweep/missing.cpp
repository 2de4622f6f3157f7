// Samples that are asked for and not there.
#include "sweep/missing.h"

#include <map>

#include "training/timing.h"

namespace unroll::sweep {

store::SampleKey key_of(const sampling::Sample& sample) {
    return {sample.step, sample.sampler, sample.options, sample.temperature, sample.prompt_key,
            sample.seed, sample.number,  sample.length,  sample.memory};
}

Missing missing_samples(const Work& work, const std::set<store::SampleKey>& present,
                        const std::vector<store::Checkpoint>& checkpoints) {
    Missing missing;
    if (work.sampling.empty()) return missing;
    training::Length length = training::length_of(*work.trial, *work.dataset);
    if (!checkpoints.empty()) length.steps = checkpoints.back().step;

    std::map<std::uint64_t, std::vector<manifest::SamplingSettings>> due;
    for (const manifest::SamplingSettings& settings : work.sampling)
        for (const std::uint64_t step : training::due_steps(settings.every, length)) due[step].push_back(settings);
    for (const auto& [step, settings] : due) {
        std::vector<sampling::Wanted> absent;
        for (sampling::Wanted& wanted :
             sampling::wanted(*work.trial, settings, *work.dataset, step, double(step) / double(length.epoch))) {
            if (!present.contains(key_of(wanted.sample))) absent.push_back(std::move(wanted));
        }
        if (absent.empty()) continue;
        const store::Checkpoint* kept = nullptr;
        for (const store::Checkpoint& checkpoint : checkpoints)
            if (checkpoint.step == step) kept = &checkpoint;
        if (kept)
            missing.makeable.push_back({*kept, std::move(absent)});
        else
            missing.lost += absent.size();
    }
    return missing;
}

}  // namespace unroll::sweep
