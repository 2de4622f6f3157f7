// The alphabet of the whole code: T time steps, B sequences in a batch, D inputs, H hidden units, V vocabulary,
// S steps of a source that is attended to, M its width. Arrays are time-major, (T, B, …), and contiguous. dX is the
// gradient of X.
#pragma once

#include <cstddef>
#include <cstdint>

namespace unroll {

using Size = std::size_t;
using Token = std::int32_t;  ///< a symbol's place in its vocabulary, from 0

/// What happens to what an output argument held before.
enum class Into {
    overwrite,
    add,
};

}  // namespace unroll
