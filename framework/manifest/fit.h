// Whether a trial's parts fit together: its windows into its dataset, its cells onto one another.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/parts.h"
#include "manifest/resolve.h"

namespace unroll::manifest {

/// Makes each distinct cell once to let it complain, and remembers what was found.
class Fit {
public:
    explicit Fit(const Checker& checker) : checker_(checker) {}

    /// `manifest` is what `resolved`, which is complete, came from.
    void check(const Json& manifest, const Resolved& resolved, Report& report);

private:
    struct Made {
        Size output = 0, context = 0, state = 0, weights = 0;
        bool causal = true, cross_attends = false;
        std::optional<Problem> problem;
    };

    /// What a layer hands on.
    struct State {
        std::string_view plugin;
        Size size;
        Size context;  ///< steps that it can look back over; 0: no limit
        bool operator==(const State& other) const { return plugin == other.plugin && size == other.size; }
    };

    /// What a part of the model turns out to be.
    struct Stack {
        Size output = 0;
        std::vector<State> states;  ///< of its layers, without those that have none
        bool cross_attends = false;
    };

    void check_splits(const Json& manifest, const Resolved& resolved, Report& report);
    void check_model(const Json& manifest, const Resolved& resolved, Report& report);
    /// Empty when a cell cannot be made; then the problem is in the report.
    std::optional<Stack> check_part(const Json& manifest, const Resolved& resolved, const Part& part,
                                    const std::vector<const Plugin*>& plugins, Report& report);
    void check_bridge(const Json& manifest, const Resolved& resolved, const Stack& front, const Stack& main,
                      Report& report);
    void check_tied(const Json& manifest, const Resolved& resolved, Size output, Report& report);
    /// Whether the lowest cell, made for tokens, has the same weights for values, by which gradients are measured.
    void check_gradient(const Json& manifest, const Plugin& plugin, CellSpec spec, const CellSettings& settings,
                        const Json& given, const std::string& path, Report& report);
    const Made& make(const Plugin& plugin, const CellSpec& spec, const CellSettings& settings, const Json& given,
                     const std::string& path);

    const Checker& checker_;
    std::map<std::string, Made> made_;  ///< by plugin, options and spec
};

}  // namespace unroll::manifest
