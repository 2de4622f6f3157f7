// The name of a series: a split and a metric.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unroll::analysis {

struct SeriesName {
    std::string split, name;
};

/// SPLIT/NAME, as in validation/loss. Throws Error for anything else.
SeriesName series_named(std::string_view text);

/// Throws Error, with the nearest one, unless `series` is among the `known` ones of the experiment.
void check_series(std::string_view series, const std::vector<std::string>& known, std::string_view experiment);

}  // namespace unroll::analysis
