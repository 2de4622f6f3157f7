// How much data is downloaded, or taken into memory by a dataset, unless the user asks for more.
#pragma once

#include <string>

#include "unroll/export.h"
#include "unroll/types.h"

namespace unroll {

/// In bytes: 1 GiB, or what the environment's UNROLL_DATA_LIMIT says, in bytes or as in 8G. Throws Error for a value
/// that is no size. Any thread, as long as none changes the environment.
UNROLL_EXPORT Size data_limit();

/// What is expected of data: "at most 1073741824 bytes, as UNROLL_DATA_LIMIT allows".
UNROLL_EXPORT std::string within_data_limit();

/// What to do about more.
inline constexpr const char* raise_data_limit =
    "name fewer or smaller files or, when this is meant and there is room, set UNROLL_DATA_LIMIT, as in 8G";

}  // namespace unroll
