// Which kernel set runs, and how the processor rounds.
#pragma once

#include <string>

#include "unroll/export.h"

namespace unroll {

/// Name of the kernel set in use, as recorded with each attempt: AVX3, AVX2, SSE4, NEON, or SCALAR, which any processor
/// has. The environment variable UNROLL_SIMD, read once, forces one of those that this processor has; an unknown name
/// throws Error, here or from the first other function of this header.
UNROLL_EXPORT std::string kernel_set();

/// While it lives, this thread rounds to nearest and flushes denormals to zero, whatever a library did at load.
class UNROLL_EXPORT FloatingPointMode {
public:
    FloatingPointMode();
    ~FloatingPointMode();
    FloatingPointMode(const FloatingPointMode&) = delete;
    FloatingPointMode& operator=(const FloatingPointMode&) = delete;

private:
    unsigned saved_;
};

}  // namespace unroll
