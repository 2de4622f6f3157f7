// Whether a trial's settings agree with one another and with its dataset's task.
#pragma once

#include "base/diagnostics.h"
#include "manifest/checker.h"
#include "manifest/resolve.h"

namespace unroll::manifest {

/// `manifest` is what `resolved` came from; its dataset may be missing, and what could not be read is passed over.
void check_agreement(const json::Value& manifest, const Resolved& resolved, const Checker& checker,
                     base::Diagnostics& diagnostics);

/// That an optimizer's betas are two numbers below 1. `path` is the optimizer's.
void check_betas(const json::Value& manifest, const json::Value& optimizer, const std::string& path,
                 const Checker& checker, base::Diagnostics& diagnostics);

}  // namespace unroll::manifest
