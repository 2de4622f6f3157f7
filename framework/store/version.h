// The version of the result store that this program writes.
#pragma once

#include <cstdint>

namespace unroll::store {

/// docs/versions.md says what it promises.
std::int64_t current_version();

}  // namespace unroll::store
