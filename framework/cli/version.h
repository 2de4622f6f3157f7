// What this build is.
#pragma once

#include <string>

namespace unroll::cli {

/// What `unroll --version` prints: the program's version; those of the store and of the SDK (docs/versions.md); build
/// type, compiler and vector instructions. A line each.
std::string version_text();

}  // namespace unroll::cli
