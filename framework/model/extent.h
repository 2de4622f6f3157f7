// What a pass will be asked for: how large its batches are, and whether the model learns from them.
#pragma once

#include "unroll/types.h"

namespace unroll::model {

/// The most that a pass will be asked for.
struct Extent {
    Size T, B;
    Size source = 0;  ///< T of what an encoder reads
};

/// With `inference` a pass does not allocate what only backward needs.
enum class Use { inference, training };

}  // namespace unroll::model
