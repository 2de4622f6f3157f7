// Sweeps: axes, labelled choices, inner sweeps and unions come to a list of combinations.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "manifest/checker.h"
#include "manifest/patch.h"

namespace unroll::manifest {

/// The most sampling settings of one trial, and of all trials together; far beyond what anybody reads.
inline constexpr std::size_t most_sampling_points = 10'000, most_sampling_points_of_all = 1'000'000;

/// The settings that a sweep may set, or whose inner settings it may set.
inline constexpr std::array<std::string_view, 7> sweep_roots = {"seed",     "dataset",  "model", "cell",
                                                                "training", "sampling", "match"};

/// A choice on an axis: the axis's path and value, or its name and label.
struct Label {
    std::string axis;
    json::Value value;
};

/// One choice on a sampling axis.
struct SamplingChoice {
    std::vector<Assignment> sets;
    std::vector<Label> labels;
};

/// One combination of all axes but the sampling axes, which follow as they are: their product is taken for each trial.
struct Combination {
    std::vector<Assignment> sets;
    std::vector<Label> labels;
    std::vector<std::shared_ptr<const std::vector<SamplingChoice>>> sampling;
};

struct Sweep {
    std::vector<Combination>
        combinations;               ///< the last axis varies fastest; one without anything when nothing is swept
    std::vector<std::string> axes;  ///< names of all axes but sampling axes, in the order in which they come
    std::vector<std::string> sampling_axes;
    std::vector<Assignment> paths;  ///< everything that some choice sets, once each
    bool damaged = false;           ///< problems were found: combinations may lack what a damaged axis would have set
};

/// `sweep` (null: none) must outlive the result.
Sweep read_sweep(const json::Value* sweep, const Checker& checker, base::Diagnostics& diagnostics);

/// How many choices the product of sampling axes has; no more than one above most_sampling_points.
std::size_t product_size(const std::vector<std::shared_ptr<const std::vector<SamplingChoice>>>& axes);

/// The product of sampling axes, the last fastest. It must not be larger than most_sampling_points.
std::vector<SamplingChoice> product(const std::vector<std::shared_ptr<const std::vector<SamplingChoice>>>& axes);

/// Of labels: {"system": "small", "training": {"sequence_length": 64}}.
json::Value nested(const std::vector<Label>& labels);

}  // namespace unroll::manifest
