// Where axes are labelled.
#include "report/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace unroll::report {

namespace {

/// 20k, 1.5M: with the suffix of its size.
std::string with_suffix(double value) {
    for (const auto& [size, suffix] :
         {std::pair{1e18, "E"}, {1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}})
        if (std::abs(value) >= size) return fmt::format("{:.4g}{}", value / size, suffix);
    return fmt::format("{:.4g}", value);
}

/// factors times powers of ten within [least, most].
std::vector<Tick> multiples(double least, double most, std::initializer_list<double> factors) {
    std::vector<Tick> list;
    for (double power = std::floor(std::log10(least)); power <= std::ceil(std::log10(most)); ++power)
        for (const double factor : factors)
            if (const double value = factor * std::pow(10.0, power);
                value >= least * (1 - 1e-9) && value <= most * (1 + 1e-9))
                list.push_back({value, with_suffix(value)});
    return list;
}

}  // namespace

std::vector<Tick> ticks(double least, double most, Size count) {
    const double raw = (most - least) / double(std::max<Size>(1, count));
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    double step = 10 * power;
    for (const double factor : {5.0, 2.0, 1.0})
        if (factor * power >= raw * (1 - 1e-9)) step = factor * power;
    const int decimals = std::max(0, -int(std::floor(std::log10(step) + 1e-9)));
    std::vector<Tick> list;
    for (double index = std::ceil(least / step - 1e-9); index * step <= most + step * 1e-9; ++index) {
        const double value = index * step;
        list.push_back({value, step >= 1000 && value != 0
                                   ? with_suffix(value)
                                   : fmt::format("{:.{}f}", value == 0 ? 0.0 : value, decimals)});
    }
    return list;
}

std::vector<Tick> logarithmic_ticks(double least, double most, Size count) {
    std::vector<Tick> list = multiples(least, most, {1});
    if (list.size() < 3) list = multiples(least, most, {1, 2, 5});
    if (list.size() < 3) return ticks(least, most, count);
    const Size every = (list.size() + count - 1) / std::max<Size>(1, count);
    std::vector<Tick> fewer;
    for (Size i = 0; i < list.size(); i += std::max<Size>(1, every)) fewer.push_back(std::move(list[i]));
    return fewer;
}

}  // namespace unroll::report
