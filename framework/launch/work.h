// A trial of a run, as the JSON file that a worker takes it from.
#pragma once

#include <string>
#include <vector>

#include "json/value.h"
#include "manifest/dataset_cache.h"
#include "manifest/plan.h"
#include "plugins/catalog.h"
#include "sweep/agenda.h"
#include "sweep/workload.h"

namespace unroll::launch {

struct Work {
    std::string fingerprint, config, axes, label;
    std::string build;  ///< that planned it, without the kernel set
    std::vector<trial::SamplingSettings> sampling;
    std::vector<trial::When> gradient, evaluate;
    std::string seed;                 ///< a store in seeds/ with what is known of it; "": nothing is
    std::vector<std::string> seeded;  ///< the fingerprints to be taken from there: its own, that of an earlier part
    std::vector<std::string> before;  ///< attempts that had it, whose shards may have a part of it
    double cost = 0;                  ///< floating-point operations
    Size tries = 0;                   ///< attempts that took it and ended unexpectedly
};

json::Value to_json(const Work& work);
/// Throws Error for a text that is not of this format.
Work work_from(const json::Value& value);

Work work_of(const sweep::TrialPlan& trial, const std::string& build, std::string label);

/// A build as Builds tells it, without the kernel set behind it.
std::string without_kernel_set(const std::string& build);

/// A trial rebuilt where it is to run. Not moved: the workload refers to the plan.
struct Prepared {
    std::vector<manifest::Plan> plans;
    std::vector<sweep::TrialPlan> workload;  ///< one
};
/// Throws base::Problems or Error when it cannot be made here, as with other data or other plugins.
std::unique_ptr<Prepared> prepare(const Work& work, const plugins::Catalog& catalog, manifest::DatasetCache& datasets);

}  // namespace unroll::launch
