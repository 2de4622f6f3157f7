// A sample's mean, standard deviation and confidence interval.
#include "analysis/statistics.h"

#include <cmath>

#include "analysis/student_t.h"

namespace unroll::analysis {

Statistics statistics(std::span<const double> values, double confidence) {
    Statistics result;
    result.n = static_cast<std::int64_t>(values.size());
    if (values.empty()) return result;
    const auto n = static_cast<double>(values.size());
    double sum = 0, squares = 0;
    for (const double value : values) sum += value;
    const double mean = sum / n;
    result.mean = mean;
    if (values.size() == 1) return result;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const double sd = std::sqrt(squares / (n - 1));
    const double half_width = student_t_bound(confidence, result.n - 1) * sd / std::sqrt(n);
    result.sd = sd;
    result.low = mean - half_width;
    result.high = mean + half_width;
    return result;
}

}  // namespace unroll::analysis
