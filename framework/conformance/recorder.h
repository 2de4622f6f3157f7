// What the checks of all kinds share: the report while it is being made, and the settings to test in.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/conformance.h"

namespace unroll::conformance {

/// Collects results under the names of checks.
class Recorder {
public:
    explicit Recorder(Report& report) : report_(report) {}

    /// The deviation must not exceed the tolerance; NaN fails.
    void measure(std::string_view name, double deviation, double tolerance, const std::string& where);
    void require(std::string_view name, bool held, const std::string& what, const std::string& where);
    Size failures() const { return failures_; }

private:
    Check& at(std::string_view name);
    Report& report_;
    Size failures_ = 0;
};

/// The plugin's options in one combination, and the words that tell it from the default: "norm = post", or "".
struct Variation {
    Options options;
    std::string label;
};

/// Defaults and `given`; then every choice and boolean that was not given at each of its other values.
std::vector<Variation> variations(const Plugin& plugin, const Options& given);

/// What is declared is usable, and what is not allowed is refused.
void check_options(const Plugin& plugin, Recorder& recorder);

void check_cell(const Plugin& plugin, const std::vector<Variation>& variations, Recorder& recorder);
void check_dataset(const Plugin& plugin, const std::vector<Variation>& variations, Recorder& recorder);
void check_sampler(const Plugin& plugin, const std::vector<Variation>& variations, Recorder& recorder);

/// The largest difference between two arrays, relative to the largest element of `b` where that is above `scale`.
/// Infinite when the sizes differ, NaN when either has a NaN.
template <class A, class B>
double deviation(const std::vector<A>& a, const std::vector<B>& b, double scale) {
    if (a.size() != b.size()) return INFINITY;
    double largest = scale, difference = 0;
    for (Size i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(b[i])));
        const double here = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        if (!(here <= difference)) difference = here;  // NaN stays
        if (std::isnan(difference)) return difference;
    }
    return difference / largest;
}

}  // namespace unroll::conformance
