// A metric of an experiment's trials by group: how many, mean, standard deviation, interval, and how the groups differ
// when their trials are paired by seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/conditions.h"
#include "analysis/statistics.h"
#include "store/experiments.h"
#include "store/result_table.h"
#include "store/store.h"

namespace unroll::analysis {

/// What is left empty comes from the experiment's manifest.
struct ComparisonRequest {
    std::string experiment;
    std::vector<std::string> by;      ///< axes, columns of `result`, or paths of the config
    std::string metric;               ///< SPLIT/NAME
    std::string goal;                 ///< min | max
    std::vector<Condition> where{};   ///< only trials that meet all of them are compared
    std::vector<std::string> show{};  ///< numbers to tell beside the metric: as in `by`
};

struct ComparedTrial : store::MemberTrial {
    std::optional<double> tuning_value;  ///< the last one of Comparison::tuned_on; finished trials only
    std::vector<store::Value> pooled;    ///< one for each axis in Comparison::pooled
};

/// Trials that agree in every value of `by`.
struct Group {
    std::vector<store::Value> by;  ///< one for each name in Comparison::by
    /// One for each axis in Comparison::best: the choice that `of` describes; empty ones where there is nothing to
    /// choose by.
    std::vector<store::Value> best_choice;
    std::vector<store::Value> shown;    ///< one for each name in Comparison::show: the mean over the chosen ones
    std::vector<ComparedTrial> trials;  ///< all of them, whatever their choice and status, in the manifest's order
    std::vector<std::size_t> chosen;    ///< indices of those of the best choice
    Statistics of;                      ///< of the finished ones among the chosen: the last value of the metric
    std::int64_t finished = 0, unfinished = 0, diverged = 0, failed = 0;  ///< of all trials
    std::int64_t fewest_parameters = 0, most_parameters = 0;              ///< weights of the chosen ones' models

    std::size_t block = 0;  ///< number of the block of groups that this one is compared with
    /// This group's values minus those of the block's leader, over trials of one seed; nothing for the leader itself.
    Statistics difference;
    /// It leads its block, and its paired differences from all the others exclude 0, together at 95% (Bonferroni).
    bool is_best = false;
};

struct Comparison {
    std::string metric, goal;  ///< the ones that were used
    std::string tuned_on;      ///< the metric that the best choices were chosen by; "" without axes in `best`
    std::vector<std::string> by, best, show;  ///< names of Group::by, Group::best_choice and Group::shown
    /// Axes besides these and the seed: their values are pooled in a group.
    std::vector<std::string> pooled;
    /// Groups that agree in every value of `by` but the first are one block: they are what is compared. Blocks stand in
    /// the manifest's order; in a block the best mean comes first and leads, those without one come last.
    std::vector<Group> groups;
    std::int64_t without_metric = 0;  ///< finished trials that have no value of the metric
};

/// With axes in the manifest's `best`, each group is that of its choice with the best mean; a choice of which trials
/// diverged or failed is taken only when there is no other. The choice is made by the metric; for a metric of the test
/// split by that of the validation split, if the trials have it. Throws Error, with what there is, for an unknown
/// experiment, axis or metric, for a text that is to be shown, and when no trial meets the conditions.
Comparison compare(store::Store& store, const ComparisonRequest& request);

}  // namespace unroll::analysis
