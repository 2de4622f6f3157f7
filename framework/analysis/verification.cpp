// Whether a trial that was run again gave the same values, bit for bit.
#include "analysis/verification.h"

#include <bit>

#include "store/trial_results.h"

namespace unroll::analysis {

bool is_reproducible(std::string_view series) {
    return series != "tokens_per_second";
}

Points reproducible_points(store::Store& store, store::Id trial) {
    Points points;
    for (store::SeriesPoint& point : store::points_of(store, trial))
        if (is_reproducible(point.name))
            points[{std::move(point.split), std::move(point.name), point.step}] = point.value;
    return points;
}

std::vector<Mismatch> mismatches(const Points& stored, const Points& repeated) {
    std::vector<Mismatch> result;
    for (const auto& [key, value] : stored) {
        const auto other = repeated.find(key);
        if (other == repeated.end())
            result.push_back({key, value, std::nullopt});
        else if (std::bit_cast<std::uint64_t>(value) != std::bit_cast<std::uint64_t>(other->second))
            result.push_back({key, value, other->second});
    }
    for (const auto& [key, value] : repeated)
        if (!stored.contains(key)) result.push_back({key, std::nullopt, value});
    return result;
}

}  // namespace unroll::analysis
