// A metric of an experiment's trials by group: how many, mean, standard deviation, interval, and which group is best.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/statistics.h"
#include "store/experiments.h"
#include "store/result_table.h"
#include "store/store.h"

namespace unroll::analysis {

/// What is left empty comes from the experiment's manifest.
struct ComparisonRequest {
    std::string experiment;
    std::vector<std::string> by;  ///< axes, columns of `result`, or paths of the config
    std::string metric;           ///< SPLIT/NAME
    std::string goal;             ///< min | max
};

/// Trials that agree in every value of `by`.
struct Group {
    std::vector<store::Value> by;            ///< one for each name in Comparison::by
    std::vector<store::Value> best_choice;   ///< one for each axis in Comparison::best: the choice that `of` describes
    std::vector<store::MemberTrial> trials;  ///< all of them, whatever their choice and status, in the manifest's order
    std::vector<std::size_t> chosen;         ///< indices of those of the best choice
    Statistics of;                           ///< of the finished ones among the chosen: the last value of the metric
    std::int64_t finished = 0, unfinished = 0, diverged = 0, failed = 0;  ///< of all trials
    std::int64_t fewest_parameters = 0, most_parameters = 0;              ///< weights of the chosen ones' models
    bool is_best = false;  ///< no group has a better mean; several when they are equal, none without a mean
};

struct Comparison {
    std::string metric, goal;           ///< the ones that were used
    std::vector<std::string> by, best;  ///< names of Group::by and Group::best_choice
    std::vector<Group> groups;          ///< the best mean first, those without one last; equals in the manifest's order
    std::int64_t without_metric = 0;    ///< finished trials that have no value of the metric
};

/// With axes in the manifest's `best`, each group is that of its choice with the best mean; a choice of which trials
/// diverged or failed is taken only when there is no other. Throws Error, with what there is, for an unknown
/// experiment, axis or metric.
Comparison compare(store::Store& store, const ComparisonRequest& request);

}  // namespace unroll::analysis
