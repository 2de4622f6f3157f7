// Student's t distribution, for confidence intervals.
#pragma once

#include <cstdint>

namespace unroll::analysis {

/// The t with P(-t < T < t) = confidence, 0 < confidence < 1, for T of that many degrees of freedom, at least 1: the
/// (1 + confidence) / 2 quantile. To about 1e-13 of its value, in time that grows with the degrees.
double student_t_bound(double confidence, std::int64_t degrees);

}  // namespace unroll::analysis
