// The machine that a trial runs on.
#pragma once

#include <string>

namespace unroll::sweep {

/// Its name; "unknown" when the system does not tell.
std::string host_name();

}  // namespace unroll::sweep
