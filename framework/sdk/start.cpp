// What arrays of weights start from where the cell says so.
#include <algorithm>
#include <cmath>
#include <utility>

#include "unroll/cell.h"

namespace unroll::start {

namespace {

/// log(exp(x) - 1), for x > 0, without overflow.
double inverse_softplus(double x) {
    return x + std::log(-std::expm1(-x));
}

/// log |λ| for λ uniform in a ring: |λ|² is uniform between the squares of its radii.
double log_radius(double r_min, double r_max, RandomStream& stream) {
    return std::log(stream.uniform(r_min * r_min, r_max * r_max)) / 2;
}

}  // namespace

Start constant(double value) {
    return [=](Size, RandomStream&) { return value; };
}

Start uniform(double low, double high) {
    return [=](Size, RandomStream& stream) { return stream.uniform(low, high); };
}

Start normal(double deviation, double mean) {
    return [=](Size, RandomStream& stream) { return mean + deviation * stream.normal(); };
}

Start values(std::vector<double> period) {
    return [period = std::move(period)](Size i, RandomStream&) { return period[i % period.size()]; };
}

Start linspace(double first, double last, Size steps, Size each) {
    return [=](Size i, RandomStream&) {
        const Size step = i / each % steps;
        return steps == 1 ? first : first + (last - first) * static_cast<double>(step) / static_cast<double>(steps - 1);
    };
}

Start logs(Size n) {
    return [=](Size i, RandomStream&) { return std::log(static_cast<double>(i % n + 1)); };
}

Start log_of_uniform(double low, double high) {
    return [=](Size, RandomStream& stream) { return std::log(stream.uniform(low, high)); };
}

Start softplus_log_uniform(double low, double high, double floor) {
    return [=](Size, RandomStream& stream) {
        return inverse_softplus(std::max(floor, std::exp(stream.uniform(std::log(low), std::log(high)))));
    };
}

Start ring(double r_min, double r_max) {
    return [=](Size, RandomStream& stream) { return std::log(-log_radius(r_min, r_max, stream)); };
}

Start softplus_ring(double r_min, double r_max) {
    return [=](Size, RandomStream& stream) { return inverse_softplus(-log_radius(r_min, r_max, stream)); };
}

}  // namespace unroll::start
