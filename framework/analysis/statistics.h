// A sample's mean, standard deviation and confidence interval.
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
    std::optional<double> low, high;  ///< the interval of the mean by Student's t with n − 1 degrees of freedom
};

/// `confidence` is that of the interval, between 0 and 1.
Statistics statistics(std::span<const double> values, double confidence = 0.95);

}  // namespace unroll::analysis
