// Which kernel sets this processor can run.
#pragma once

#include <string>
#include <vector>

#include "unroll/export.h"

namespace unroll {

/// Their names, the best first, whatever UNROLL_SIMD says. Chooses none.
UNROLL_EXPORT std::vector<std::string> usable_kernel_sets();

}  // namespace unroll
