// What manifests come to: each distinct trial once, with everything that planning and running need to know of it.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "manifest/dataset_cache.h"
#include "manifest/plan.h"
#include "plugins/catalog.h"
#include "store/store.h"
#include "training/memory.h"
#include "trial/trial.h"

namespace unroll::sweep {

/// One trial, which several experiments may share.
struct TrialPlan {
    const trial::Trial* trial;                      ///< in the plan that it came from
    std::vector<trial::SamplingSettings> sampling;  ///< what any of the experiments wants
    std::vector<trial::When> gradient;              ///< likewise: when it is measured by lag
    std::vector<trial::When> evaluate;              ///< likewise: when validation is evaluated
    std::shared_ptr<const Dataset> dataset;
    store::TrialRow row;        ///< with the fingerprint
    std::string axes;           ///< of the first experiment that has it: JSON
    double cost = 0;            ///< floating-point operations of the whole training
    training::Memory memory{};  ///< that it takes while it runs
    /// Settings of its training that an experiment after the first asks for otherwise, to no effect.
    std::set<std::string> passed_over{};
};

/// The distinct trials of the plans, in the order in which they come. The plans must outlive the result.
std::vector<TrialPlan> distinct_trials(const std::vector<manifest::Plan>& plans, const plugins::Catalog& catalog,
                                       manifest::DatasetCache& datasets);

/// Whether texts can be made from a dataset's models, and measured by its training split.
bool has_text(const Dataset& dataset);

/// What the store is to know of a plan: its row and its trials.
store::ExperimentRow experiment_row(const manifest::Plan& plan);
std::vector<store::Membership> memberships(const manifest::Plan& plan);

}  // namespace unroll::sweep
