// `match`: a setting that follows from the number of weights, or the state size, that a model is to have.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "manifest/dataset_cache.h"
#include "manifest/host_queries.h"
#include "manifest/resolve.h"
#include "manifest/sweep.h"

namespace unroll::manifest {

/// Solves each distinct model once. A model grows with the number that is varied: halving finds the nearest.
class Matching {
public:
    /// `overridden` is what --set gives.
    Matching(Checker& checker, DatasetCache& datasets, const HostQueries& host_queries,
             const std::vector<Assignment>& overridden)
        : checker_(checker), datasets_(datasets), host_queries_(host_queries), overridden_(overridden) {}

    /// Sets the setting that the `match` of a combination's manifest varies, and returns it as in "cell.hidden=57"; ""
    /// without `match` or when there is nothing to be solved. Values from 1 are tried: 0 is not small, it means none.
    /// An H that its cell does not take (Plugin::hidden_multiple) is not tried.
    std::string solve(json::Value& manifest, const Combination& combination, base::Diagnostics& diagnostics);

private:
    struct Request;
    struct Solution {
        bool is_told = false;  ///< its problem was told once, for all trials that share it
        std::int64_t value = 1;
        Size size = 0;                   ///< what it comes to
        Size multiple = 1;               ///< the value is one of it
        std::optional<Problem> failure;  ///< it cannot be solved for; `where` is empty
    };

    bool is_free(const Request& request, const Combination& combination, base::Diagnostics& diagnostics) const;
    std::optional<Option> varied_option(const Request& request, const json::Value& manifest,
                                        base::Diagnostics& diagnostics);
    std::string key(const Request& request, const Resolved& resolved) const;
    Solution search(const Request& request, json::Value manifest, const Resolved& smallest, std::int64_t first,
                    std::int64_t last);

    Checker& checker_;
    DatasetCache& datasets_;
    const HostQueries& host_queries_;
    const std::vector<Assignment>& overridden_;
    std::map<std::string, Solution> solved_;
    bool choice_is_told_ = false;
};

}  // namespace unroll::manifest
