// Whether a thread is still in the floating-point mode that kernels compute in. Not part of the SDK.
#pragma once

#include "unroll/export.h"

namespace unroll {

/// Whether rounding, flush to zero and traps of this thread are as FloatingPointMode sets them; always true on
/// processors where that sets nothing.
UNROLL_EXPORT bool floating_point_mode_holds();

}  // namespace unroll
