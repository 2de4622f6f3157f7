// `start`: trained weights in place of random ones, found in a result store or in a file.
#pragma once

#include "base/diagnostics.h"
#include "json/value.h"
#include "manifest/checker.h"
#include "manifest/host_queries.h"

namespace unroll::manifest {

/// Puts in place of a manifest's `start` what it comes to: the file, the digest of its weights, and where they are
/// from. One that has a digest already is a stored config's and stays as it is.
void find_start(json::Value& manifest, Checker& checker, const HostQueries& host_queries,
                base::Diagnostics& diagnostics);

}  // namespace unroll::manifest
