// What the store knows of one trial's results: its series, its summary, its plugins, how it was sampled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/result_table.h"
#include "store/store.h"

namespace unroll::store {

/// A value of a series.
struct SeriesPoint {
    std::string split, name;
    std::uint64_t step = 0;
    double epoch = 0, value = 0;
    double seconds = 0;  ///< of training until then
};

/// Every point of a trial, by split, name and step.
std::vector<SeriesPoint> points_of(Store& store, Id trial);

/// Those of one series, by step; empty when the trial has none.
std::vector<SeriesPoint> points_of(Store& store, Id trial, std::string_view split, std::string_view name);

struct PluginRevision {
    std::string kind, name, revision;
};

/// By kind and name.
std::vector<PluginRevision> plugins_of(Store& store, Id trial);

/// A column's name and its value.
using NamedValue = std::pair<std::string, Value>;

/// What came of a trial: the columns of `trial` that its config does not tell, in their order, then the build of its
/// last attempt.
std::vector<NamedValue> summary_of(Store& store, Id trial);

/// A sampler with its options, a JSON object.
struct SamplerChoice {
    std::string name, options;
};

/// How the trial was sampled first; none when it never was.
std::optional<SamplerChoice> first_sampler(Store& store, Id trial);

/// The prompt of its first sample that has one.
std::optional<std::string> first_prompt(Store& store, Id trial);

}  // namespace unroll::store
