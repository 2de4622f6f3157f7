// How many cores this process may use.
#pragma once

#include <filesystem>

#include "unroll/types.h"

namespace unroll::sweep {

/// Cores that the scheduler offers (affinity), cut to the smallest CPU quota of this process's control group and those
/// around it, rounded up; at least 1. `groups` is where control groups (version 2 or 1) are mounted, `membership` the
/// file that says which of them this process is in.
Size available_cores(const std::filesystem::path& groups = "/sys/fs/cgroup",
                     const std::filesystem::path& membership = "/proc/self/cgroup");

}  // namespace unroll::sweep
