// How many cores this process may use.
#pragma once

#include "unroll/types.h"

namespace unroll::sweep {

/// Cores that the scheduler offers (affinity), cut to the CPU quota of the control group, at least 1.
Size available_cores();

}  // namespace unroll::sweep
