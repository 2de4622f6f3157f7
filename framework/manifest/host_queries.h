// What a manifest's check needs to know and only the floors above can tell.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "manifest/plan.h"
#include "trial/trial.h"
#include "unroll/dataset.h"
#include "unroll/error.h"

namespace unroll::manifest {

struct HostQueries {
    /// How many weights the trial's model has; none of them are made. Throws Error when there can be no such model.
    std::function<Size(const trial::Trial& trial, const Task& task)> count_weights;
    /// What is wrong with a query over the results of an experiment of this name, whose trials have these axes (as in
    /// PlannedTrial); none when it can be asked.
    std::function<std::optional<Problem>(const std::string& experiment, const std::vector<std::string>& axes,
                                         const std::string& query)>
        query_problem;
};

}  // namespace unroll::manifest
