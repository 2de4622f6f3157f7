// Long curves with no more points than a screen can show.
#pragma once

#include <cstddef>

#include "report/page.h"

namespace unroll::report {

inline constexpr std::size_t points_of_a_curve = 500;

/// A series of at most `most` points (4 or more): of each stretch of its points the lowest and the highest, so that no
/// peak is lost; the first and the last point stay. Points are left out, never changed.
Series thinned(Series series, std::size_t most);

}  // namespace unroll::report
