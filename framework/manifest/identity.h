// What a trial is stored and known by.
#pragma once

#include "manifest/resolve.h"

namespace unroll::manifest {

/// Writes config, identity and fingerprint of a complete trial from its settings.
void identify(Resolved& resolved);

}  // namespace unroll::manifest
