// What a manifest's check needs to know and only the floors above can tell.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "json/value.h"
#include "manifest/plan.h"
#include "trial/trial.h"
#include "unroll/dataset.h"
#include "unroll/error.h"

namespace unroll::manifest {

/// What `match` can make equal.
struct ModelSize {
    Size parameters;
    Size state;  ///< numbers that a sequence carries from step to step
};

struct HostQueries {
    /// How large the trial's model is; none of its weights are made. Throws Error when there can be no such model.
    std::function<ModelSize(const trial::Trial& trial, const Task& task)> model_size;
    /// What is wrong with a query over the results of an experiment of this name, whose trials have these axes (as in
    /// PlannedTrial); none when it can be asked.
    std::function<std::optional<Problem>(const std::string& experiment, const std::vector<std::string>& axes,
                                         const std::string& query)>
        query_problem;
    /// What a manifest's `start` comes to: the weights' file and digest, and where they are from. `start` is checked
    /// and names an experiment or a file, which is looked for beside `manifest`. Throws Error with start.KEY as where.
    /// Null: trials cannot start from trained weights here.
    std::function<json::Value(const json::Value& start, const std::string& manifest)> find_start = {};
};

}  // namespace unroll::manifest
