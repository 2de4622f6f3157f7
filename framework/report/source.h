// What the sections of a chapter are made from: an experiment, its comparison, and what its trials cost.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/comparison.h"
#include "analysis/group_curves.h"
#include "report/page.h"
#include "store/attempts.h"
#include "store/experiments.h"
#include "store/measurements.h"
#include "store/store.h"

namespace unroll::report {

/// What a trial has reached and cost; what is not known is absent.
struct Cost {
    std::optional<double> step, seconds, tokens, tokens_per_second, flops_per_step;
    std::optional<double> diverged_step;
    std::optional<double> state_size;  ///< numbers that a sequence carries from step to step
    std::string error;
    store::Ending ending;  ///< of its last attempt

    std::optional<double> flops() const;  ///< of the whole training; absent when nothing was trained
};

struct Source {
    store::Store& store;
    store::Experiment experiment;
    store::Origin origin;
    analysis::Comparison comparison;
    std::vector<std::string> series;  ///< SPLIT/NAME, validation first
    std::map<store::Id, Cost> costs;
    std::vector<std::string> systems;  ///< the values of the first of `by` in words: a hue each
    std::int64_t most_read = analysis::most_points_read;
};

/// Throws Error as analysis::compare().
Source source_of(store::Store& store, const analysis::ComparisonRequest& request);

/// The group's value of the first of `by`, in words; the experiment's name when trials are not grouped.
std::string system_of(const Source& source, const analysis::Group& group);

/// The place of its system among Source::systems.
std::size_t hue_of(const Source& source, const analysis::Group& group);

/// The other values of `by`, as in "sequence_length 64"; "" when there are none.
std::string block_title(const Source& source, const analysis::Group& group);

/// The finished ones of a group's best choice, in the manifest's order.
std::vector<const analysis::ComparedTrial*> finished_of(const analysis::Group& group);

/// A series of means with their intervals, without points as yet.
Series series_for(const Source& source, const analysis::Group& group);

/// Appends a point that is the mean of several values; `x` has one value for each horizontal axis.
void add_mean(Series& series, const std::vector<double>& x, const analysis::Statistics& of);

/// Whether an axis of these values, all above 0, reads better with a logarithmic scale: they grow by factors.
bool grows_by_factors(const Numbers& values);

}  // namespace unroll::report
