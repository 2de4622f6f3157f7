// A sample's mean, standard deviation and 95% interval.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace unroll::analysis {

/// What is not defined for so few values is absent.
struct Statistics {
    std::int64_t n = 0;
    std::optional<double> mean;       ///< of one value or more
    std::optional<double> sd;         ///< of two or more: the sample's, over n − 1
    std::optional<double> low, high;  ///< the 95% interval of the mean by Student's t with n − 1 degrees of freedom
};

Statistics statistics(std::span<const double> values);

}  // namespace unroll::analysis
