// The splits of a dataset by name.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "unroll/dataset.h"

namespace unroll::trial {

inline constexpr std::array<std::string_view, 3> split_names{"train", "validation", "test"};  ///< in the order of Split

inline std::string_view name_of(Split split) {
    return split_names.at(static_cast<Size>(split));
}

inline std::optional<Split> split_named(std::string_view name) {
    const auto found = std::find(split_names.begin(), split_names.end(), name);
    if (found == split_names.end()) return std::nullopt;
    return static_cast<Split>(found - split_names.begin());
}

}  // namespace unroll::trial
