// `match`: a setting that follows from the number of weights that a model is to have.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "manifest/above.h"
#include "manifest/datasets.h"
#include "manifest/resolve.h"
#include "manifest/sweep.h"

namespace unroll::manifest {

/// Solves each distinct model once. A model grows with the number that is varied: halving finds the nearest.
class Matching {
public:
    /// `overridden` is what --set gives.
    Matching(Checker& checker, Datasets& datasets, const Above& above, const std::vector<Assignment>& overridden)
        : checker_(checker), datasets_(datasets), above_(above), overridden_(overridden) {}

    /// Sets the setting that the `match` of a combination's manifest varies, and returns it as in "cell.hidden=57"; ""
    /// without `match` or when there is nothing to be solved. Values from 1 are tried: 0 is not small, it means none. An
    /// H that its cell does not take (Plugin::hidden_multiple) is not tried.
    std::string solve(Json& manifest, const Combination& combination, Report& report);

private:
    struct Request;
    struct Solution {
        std::int64_t value = 1;
        Size weights = 0;
        Size multiple = 1;               ///< the value is one of it
        std::optional<Problem> failure;  ///< it cannot be solved for; `where` is empty
    };

    bool is_free(const Request& request, const Combination& combination, Report& report) const;
    std::optional<Option> varied_option(const Request& request, const Json& manifest, Report& report);
    std::string key(const Request& request, const Resolved& resolved) const;
    Solution search(const Request& request, Json manifest, const Resolved& smallest, std::int64_t first,
                    std::int64_t last);

    Checker& checker_;
    Datasets& datasets_;
    const Above& above_;
    const std::vector<Assignment>& overridden_;
    std::map<std::string, Solution> solved_;
};

}  // namespace unroll::manifest
