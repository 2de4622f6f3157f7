// The sampling part of a manifest: which texts are to be made from a trained model.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "manifest/resolve.h"

namespace unroll::manifest {

/// One point of the sampling axes, and how `skip` sees it.
struct SamplingPoint {
    trial::SamplingSettings settings;
    json::Value json;  ///< sampler, temperature, …, one of each
};

/// Reads the `sampling` of a manifest, making each distinct sampler once.
class SamplingPlan {
public:
    explicit SamplingPlan(Checker& checker) : checker_(checker) {}

    /// Every point, without repetition: samplers, then temperatures, then prompts; a sampler that does not use
    /// temperature comes once. None when `sampling` is absent or false. Problems are told each time.
    std::vector<SamplingPoint> points(const json::Value& manifest, const Resolved& resolved,
                                      base::Diagnostics& diagnostics);

private:
    /// What a sampler says of itself once it is made.
    struct SamplerFacts {
        bool uses_temperature = true;
        std::optional<Problem> problem;
    };

    /// A sampler of the manifest.
    struct ChosenSampler {
        json::Value settings;
        trial::PluginChoice choice;
        bool uses_temperature;
    };

    std::vector<SamplingPoint> read(const json::Value& manifest, const Resolved& resolved,
                                    base::Diagnostics& diagnostics);
    std::vector<SamplingPoint> product(const json::Value& checked, const std::vector<ChosenSampler>& samplers,
                                       const std::vector<std::optional<double>>& temperatures,
                                       const std::vector<trial::Prompt>& prompts) const;
    const SamplerFacts& make(const Plugin& plugin, const trial::PluginChoice& choice, const json::Value& given,
                             const std::string& path);
    /// Whether a list has more entries than any trial could have sampling settings; then that is told.
    bool refuse_long(const json::Value& list, std::string_view name, base::Diagnostics& diagnostics) const;
    bool fits(const json::Value& sampling, const Resolved& resolved, base::Diagnostics& diagnostics) const;
    std::vector<ChosenSampler> samplers(const json::Value& checked, const json::Value& sampling,
                                        base::Diagnostics& diagnostics);
    std::vector<std::optional<double>> temperatures(const json::Value& value, base::Diagnostics& diagnostics);
    std::vector<trial::Prompt> prompts(const json::Value& value, const Resolved& resolved,
                                       base::Diagnostics& diagnostics) const;
    std::string without_temperature();

    Checker& checker_;
    std::map<std::string, SamplerFacts> made_;
    std::map<std::string, std::vector<SamplingPoint>> known_;  ///< by everything that points() depends on
};

}  // namespace unroll::manifest
