// Whether a trial's parts fit together: its windows into its dataset, its cells onto one another.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/resolve.h"
#include "trial/topology.h"

namespace unroll::manifest {

/// Makes each distinct cell once to let it complain, and remembers what was found.
class Compatibility {
public:
    explicit Compatibility(const Checker& checker) : checker_(checker) {}

    /// `manifest` is what `resolved`, which is complete, came from.
    void check(const json::Value& manifest, const Resolved& resolved, base::Diagnostics& diagnostics);

private:
    /// What a cell says of itself once it is made.
    struct CellFacts {
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

    void check_splits(const json::Value& manifest, const Resolved& resolved, base::Diagnostics& diagnostics);
    void check_model(const json::Value& manifest, const Resolved& resolved, base::Diagnostics& diagnostics);
    /// Empty when a cell cannot be made; then the problem is in the report.
    std::optional<Stack> check_part(const json::Value& manifest, const Resolved& resolved, const trial::Part& part,
                                    const std::vector<const Plugin*>& plugins, base::Diagnostics& diagnostics);
    void check_bridge(const json::Value& manifest, const Resolved& resolved, const Stack& upstream,
                      const Stack& predictor, base::Diagnostics& diagnostics);
    void check_tied(const json::Value& manifest, const Resolved& resolved, Size output, base::Diagnostics& diagnostics);
    /// Whether the lowest cell, made for tokens, has the same weights for values, by which gradients are measured.
    void check_gradient(const json::Value& manifest, const Plugin& plugin, CellSpec spec,
                        const trial::CellSettings& settings, const json::Value& given, const std::string& path,
                        base::Diagnostics& diagnostics);
    const CellFacts& make(const Plugin& plugin, const CellSpec& spec, const trial::CellSettings& settings,
                          const json::Value& given, const std::string& path);

    const Checker& checker_;
    std::map<std::string, CellFacts> made_;  ///< by plugin, options and spec
};

}  // namespace unroll::manifest
