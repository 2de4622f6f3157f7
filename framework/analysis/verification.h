// Whether a trial that was run again gave the same values, bit for bit.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace unroll::analysis {

/// A point of a trial: which series, at which step.
struct PointKey {
    std::string split, name;
    std::uint64_t step = 0;
    auto operator<=>(const PointKey&) const = default;
};

using Points = std::map<PointKey, double>;

/// Whether a series is the same in every run of a trial; wall-clock measurements are not.
bool is_reproducible(std::string_view series);

/// The stored points of a trial's reproducible series.
Points reproducible_points(store::Store& store, store::Id trial);

/// A point whose bits differ, or that only one of the two runs has.
struct Mismatch {
    PointKey point;
    std::optional<double> stored, repeated;
};

/// Those that the store has by key, then those that it lacks.
std::vector<Mismatch> mismatches(const Points& stored, const Points& repeated);

}  // namespace unroll::analysis
