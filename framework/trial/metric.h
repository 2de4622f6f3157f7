// Metrics by name: SPLIT/NAME, as a manifest and the result store write them.
#pragma once

#include <string_view>

namespace unroll::trial {

/// Whether a larger value is better, as an accuracy is; a loss is not. `metric` may be the name alone.
bool more_is_better(std::string_view metric);

}  // namespace unroll::trial
