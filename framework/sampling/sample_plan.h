// The samples of a trial: which are due by its settings, and how each is made.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "model/model.h"
#include "plugins/catalog.h"
#include "sampling/generate.h"
#include "sampling/sample.h"
#include "trial/trial.h"
#include "unroll/dataset.h"

namespace unroll::sampling {

/// A sample to be made; its text is still empty.
struct PlannedSample {
    trial::SamplingSettings settings;
    Sample sample;
};

/// Every sample that `settings` ask for with the weights of `step`: `count` of each point of the sampling axes, and
/// none twice, however many experiments ask for it. Prompts are resolved: a window of a split is drawn by (seed, split,
/// length, number), the same for all temperatures. Throws Error when a prompt is empty or holds a symbol outside the
/// vocabulary.
std::vector<PlannedSample> plan_samples(const trial::Trial& trial, const std::vector<trial::SamplingSettings>& settings,
                                        const Dataset& dataset, std::uint64_t step, double epoch);

/// Makes the texts. Each depends on the weights, its seed, prompt, sampler, temperature and number, and on nothing
/// else. Those that `stop` cut short are left out. Throws NotFinite (pick.h) when the logits are not finite.
std::vector<Sample> make_samples(const model::Model<float>& model, model::Weights<float> weights,
                                 const Dataset& dataset, const plugins::Catalog& catalog, Size window,
                                 const std::vector<PlannedSample>& list, const std::atomic<bool>& stop);

/// Gives every sample the figures of its text.
void measure(std::vector<Sample>& samples, const TrainingText& training);

}  // namespace unroll::sampling
