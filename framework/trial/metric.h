// Metrics by name: SPLIT/NAME, as a manifest and the result store write them.
#pragma once

#include <span>
#include <string_view>

#include "trial/splits.h"

namespace unroll::trial {

/// Whether a larger value is better, as an accuracy is; a loss is not. `metric` may be the name alone.
bool more_is_better(std::string_view metric);

/// The names that a metric of the split may have; which of them a trial has, its task decides.
std::span<const std::string_view> metric_names(Split split);

/// The name for what others call perplexity, bpc, acc, …: that of the metric that orders trials in the same way; the
/// word itself when it is no such name.
std::string_view metric_meant(std::string_view word);

}  // namespace unroll::trial
