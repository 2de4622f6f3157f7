// SHA-256, as it stands in fingerprints, datasets' digests and checkpoints.
#pragma once

#include <string>
#include <string_view>

namespace unroll::manifest {

/// 64 hexadecimal digits, lower case.
std::string sha256(std::string_view bytes);

}  // namespace unroll::manifest
