// The sampling part of a manifest: which texts are to be made from a trained model.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "manifest/resolve.h"

namespace unroll::manifest {

/// One point of the sampling axes, and how `skip` sees it.
struct SamplingPoint {
    SamplingSettings settings;
    Json json;  ///< sampler, temperature, …, one of each
};

/// Reads the `sampling` of a manifest, making each distinct sampler once.
class Sampling {
public:
    explicit Sampling(Checker& checker) : checker_(checker) {}

    /// Every point, without repetition: samplers, then temperatures, then prompts; a sampler that does not use
    /// temperature comes once. None when `sampling` is absent or false. Problems are told each time.
    std::vector<SamplingPoint> points(const Json& manifest, const Resolved& resolved, Report& report);

private:
    struct Made {
        bool uses_temperature = true;
        std::optional<Problem> problem;
    };

    const Made& make(const Plugin& plugin, const PluginChoice& choice, const Json& given, const std::string& path);
    bool fits(const Json& sampling, const Resolved& resolved, Report& report);
    std::vector<std::optional<double>> temperatures(const Json& value, Report& report);
    std::vector<Prompt> prompts(const Json& value, const Resolved& resolved, Report& report);
    std::optional<Prompt> prompt(const Json& value, const std::string& path, const Resolved& resolved, Report& report);
    std::string without_temperature();

    Checker& checker_;
    std::map<std::string, Made> made_;
    std::map<std::string, std::vector<SamplingPoint>> known_;  ///< by everything that points() depends on
};

}  // namespace unroll::manifest
