// How many cores this process may use: affinity and control-group quota.
#include "sweep/cores.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace unroll::sweep {

namespace {

/// Cores' worth of time in a cgroup's quota, or 0 when it has none.
double quota_of(const std::filesystem::path& group) {
    std::ifstream two(group / "cpu.max");  // version 2: "QUOTA PERIOD" or "max PERIOD"
    std::string quota;
    double period = 0;
    if (two >> quota >> period && quota != "max" && period > 0) return std::stod(quota) / period;
    std::ifstream first(group / "cpu.cfs_quota_us"), second(group / "cpu.cfs_period_us");  // version 1
    double microseconds = 0;
    if (first >> microseconds && second >> period && microseconds > 0 && period > 0) return microseconds / period;
    return 0;
}

}  // namespace

Size available_cores() {
    Size cores = std::max(1u, std::thread::hardware_concurrency());
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) cores = std::max<Size>(1, Size(CPU_COUNT(&set)));
    for (const char* group : {"/sys/fs/cgroup", "/sys/fs/cgroup/cpu"})
        if (const double quota = quota_of(group); quota > 0)
            cores = std::min(cores, std::max<Size>(1, Size(std::ceil(quota))));
    return cores;
}

}  // namespace unroll::sweep
