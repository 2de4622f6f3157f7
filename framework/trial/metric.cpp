// What is better of a metric.
#include "trial/metric.h"

#include <algorithm>
#include <array>

namespace unroll::trial {

bool more_is_better(std::string_view metric) {
    constexpr std::array<std::string_view, 4> names{"accuracy", "exact", "deceived", "tokens_per_second"};
    return std::find(names.begin(), names.end(), metric.substr(metric.find('/') + 1)) != names.end();
}

}  // namespace unroll::trial
