// The splits of a dataset by name.
#pragma once

#include <array>
#include <string_view>

#include "unroll/dataset.h"

namespace unroll::trial {

inline constexpr std::array<std::string_view, 3> split_names{"train", "validation", "test"};  ///< in the order of Split

inline std::string_view name_of(Split split) {
    return split_names.at(static_cast<Size>(split));
}

}  // namespace unroll::trial
