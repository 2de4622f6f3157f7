// How many cores this process may use: affinity and control-group quota.
#include "sweep/cores.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <thread>

namespace unroll::sweep {

namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();

/// Cores' worth of time in a group's own quota.
double quota_of(const std::filesystem::path& group) {
    double quota = 0, period = 0;
    std::ifstream two(group / "cpu.max");  // version 2: "QUOTA PERIOD" or "max PERIOD"
    if (two >> quota >> period && quota > 0 && period > 0) return quota / period;
    std::ifstream first(group / "cpu.cfs_quota_us"), second(group / "cpu.cfs_period_us");  // version 1: -1 for none
    if (first >> quota && second >> period && quota > 0 && period > 0) return quota / period;
    return unlimited;
}

/// The smallest quota of the group and of those that it stands in, down to `mount`.
double quota_within(const std::filesystem::path& mount, std::filesystem::path group) {
    double least = quota_of(mount);
    for (group = group.relative_path(); !group.empty(); group = group.parent_path())
        least = std::min(least, quota_of(mount / group));
    return least;
}

bool has_word(std::string_view list, std::string_view word) {
    return ("," + std::string(list) + ",").find("," + std::string(word) + ",") != std::string::npos;
}

/// Each line of `membership` is ID:CONTROLLERS:GROUP; version 2 has no controllers in it.
double quota(const std::filesystem::path& groups, const std::filesystem::path& membership) {
    double least = std::min(quota_of(groups), quota_of(groups / "cpu"));
    std::ifstream lines(membership);
    for (std::string line; std::getline(lines, line);) {
        const Size first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
        if (controllers.empty()) least = std::min(least, quota_within(groups, group));
        if (has_word(controllers, "cpu"))
            least = std::min({least, quota_within(groups / "cpu", group), quota_within(groups / controllers, group)});
    }
    return least;
}

}  // namespace

Size available_cores(const std::filesystem::path& groups, const std::filesystem::path& membership) {
    Size cores = std::max(1u, std::thread::hardware_concurrency());
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) cores = std::max<Size>(1, Size(CPU_COUNT(&set)));
    const double limit = std::ceil(quota(groups, membership));
    return limit < double(cores) ? std::max<Size>(1, Size(limit)) : cores;
}

}  // namespace unroll::sweep
