// Plugins leave the floating-point mode as it is.
#pragma once

#include <string>

#include "kernels/mode.h"
#include "unroll/error.h"

namespace unroll::training {

/// After a plugin was called within a FloatingPointMode: throws Error when the mode is another now, since what comes
/// after would have other bits. `plugin` says what kind was called, as in "a cell".
inline void require_mode(const char* plugin) {
    if (floating_point_mode_holds()) return;
    throw Error({plugin, "it has changed the floating-point mode (rounding, flush to zero or traps)",
                 "a plugin that leaves the mode as it finds it", "use another plugin, or have its author mend it"});
}

}  // namespace unroll::training
