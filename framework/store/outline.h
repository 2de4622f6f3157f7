// Long curves as no more points than a screen has pixels: the lowest and the highest value of each, found in SQL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "store/store.h"
#include "store/trial_results.h"

namespace unroll::store {

struct Outline {
    std::vector<SeriesPoint> points;  ///< by step
    bool is_whole = true;             ///< false: some points are left out
    bool is_partial = false;          ///< of each stretch only the first values were looked at, so many there are
};

/// The points that one outline may look at: more are searched in part, so that no curve takes longer than a moment.
inline constexpr std::int64_t most_points_searched = 4'000'000;

/// A series of a trial as at most `most` points (4 or more): all of them, or the first, the last and, of each of
/// equally long stretches of steps, the lowest and the highest. Points are left out, never changed; only these leave
/// the database. Empty when the trial has no such series.
Outline outline_of(Store& store, Id trial, std::string_view split, std::string_view name, std::size_t most,
                   std::int64_t searched = most_points_searched);

/// How many points the series has, to a few percent when it is logged at even steps; without counting them.
std::int64_t points_about(Store& store, Id trial, std::string_view split, std::string_view name);

/// At most `most` steps at which the series has points, evenly spread from the first to the last.
std::vector<std::int64_t> even_steps(Store& store, Id trial, std::string_view split, std::string_view name,
                                     std::size_t most);

/// The points of a series at these steps, where it has any.
std::vector<SeriesPoint> points_at(Store& store, Id trial, std::string_view split, std::string_view name,
                                   const std::vector<std::int64_t>& steps);

/// The series of a trial, validation first.
std::vector<std::pair<std::string, std::string>> series_of(Store& store, Id trial);

}  // namespace unroll::store
