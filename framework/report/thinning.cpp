// Long curves with no more points than a screen can show.
#include "report/thinning.h"

#include <algorithm>
#include <set>

namespace unroll::report {

namespace {

void keep(Numbers& numbers, const std::set<std::size_t>& kept) {
    if (numbers.empty()) return;
    Numbers fewer;
    fewer.reserve(kept.size());
    for (const std::size_t place : kept) fewer.push_back(numbers[place]);
    numbers = std::move(fewer);
}

}  // namespace

Series thinned(Series series, std::size_t most) {
    const std::size_t count = series.y.size(), stretches = (most - 2) / 2;
    if (count <= most) return series;
    std::set<std::size_t> kept{0, count - 1};
    for (std::size_t stretch = 0; stretch < stretches; ++stretch) {
        const auto begin = series.y.begin() + static_cast<std::ptrdiff_t>(stretch * count / stretches);
        const auto end = series.y.begin() + static_cast<std::ptrdiff_t>((stretch + 1) * count / stretches);
        const auto [least, largest] = std::minmax_element(begin, end);
        kept.insert(static_cast<std::size_t>(least - series.y.begin()));
        kept.insert(static_cast<std::size_t>(largest - series.y.begin()));
    }
    for (Numbers& x : series.x) keep(x, kept);
    for (Numbers* numbers : {&series.y, &series.low, &series.high, &series.n}) keep(*numbers, kept);
    return series;
}

}  // namespace unroll::report
