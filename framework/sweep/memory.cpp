// How much memory this process may use, and whether the trials of a plan fit into it.
#include "sweep/memory.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <limits>
#include <numeric>

#include "sweep/ending.h"
#include "unroll/error.h"

namespace unroll::sweep {

namespace fs = std::filesystem;

namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();

/// A group's own limit: version 2 writes "max" for none, version 1 a number larger than any machine.
double limit_of(const fs::path& group) {
    double limit = unlimited;
    for (const char* name : {"memory.max", "memory.limit_in_bytes"}) {
        double own = 0;
        if (std::ifstream file(group / name); file >> own && own > 0) limit = std::min(limit, own);
    }
    return limit;
}

double limit_within(const fs::path& mount, fs::path group) {
    double least = limit_of(mount);
    for (group = group.relative_path(); !group.empty(); group = group.parent_path())
        least = std::min(least, limit_of(mount / group));
    return least;
}

/// Each line of `membership` is ID:CONTROLLERS:GROUP.
double limit_of_groups(const fs::path& groups, const fs::path& membership) {
    double least = std::min(limit_of(groups), limit_of(groups / "memory"));
    std::ifstream lines(membership);
    for (std::string line; std::getline(lines, line);) {
        const Size first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
        if (controllers.empty()) least = std::min(least, limit_within(groups, group));
        if (controllers == "memory") least = std::min(least, limit_within(groups / "memory", group));
    }
    return least;
}

/// "MemTotal:  8000000 kB", with the swap space.
double limit_of_machine(const fs::path& machine) {
    std::ifstream file(machine);
    double bytes = 0;
    std::string name, unit;
    for (double kilobytes = 0; file >> name >> kilobytes && std::getline(file, unit);)
        if (name == "MemTotal:" || name == "SwapTotal:") bytes += kilobytes * 1024;
    return bytes > 0 ? bytes : unlimited;
}

/// What a limit of the process leaves beside what it has taken: the first figure of statm is all of it, the sixth its
/// data, in pages.
double limit_of_process(int resource, int figure) {
    rlimit limit{};
    if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return unlimited;
    double pages = 0;
    std::ifstream file("/proc/self/statm");
    for (int i = 0; i < figure; ++i) file >> pages;
    return std::max(0.0, double(limit.rlim_cur) - pages * double(::sysconf(_SC_PAGESIZE)));
}

}  // namespace

double memory_limit(const fs::path& groups, const fs::path& membership, const fs::path& machine) {
    return std::min({limit_of_machine(machine), limit_of_groups(groups, membership), limit_of_process(RLIMIT_AS, 1),
                     limit_of_process(RLIMIT_DATA, 6)});
}

MemoryPlan plan_memory(const std::vector<const TrialPlan*>& trials, Size jobs, double limit) {
    MemoryPlan plan;
    std::vector<double> bytes;
    for (const TrialPlan* trial : trials) {
        bytes.push_back(trial->memory.total());
        if (!plan.most || bytes.back() > plan.most->memory.total()) plan.most = trial;
    }
    std::sort(bytes.begin(), bytes.end(), std::greater<>());
    bytes.resize(std::min<Size>(bytes.size(), jobs));
    plan.trials = bytes.size();
    for (const double each : bytes) {
        plan.together += each;
        if (plan.together <= limit) ++plan.at_once;
    }
    if (trials.empty()) plan.at_once = jobs;
    return plan;
}

std::string memory_words(const training::Memory& memory) {
    std::vector<std::string> parts;
    const auto add = [&](double bytes, const char* what) {
        if (bytes > memory.total() / 100) parts.push_back(fmt::format("{} {}", what, memory_text(bytes)));
    };
    add(memory.weights, "weights and gradient");
    add(memory.optimizer, "optimizer");
    add(memory.activations, "activations");
    add(memory.samples, "texts");
    return fmt::format("{}: {}", memory_text(memory.total()), fmt::join(parts, ", "));
}

std::string memory_note(const MemoryPlan& plan, double limit) {
    if (plan.together <= limit) return {};
    if (plan.at_once == 0)
        return fmt::format("the largest trial would take about {}; this process may use {}",
                           memory_words(plan.most->memory), memory_text(limit));
    return fmt::format("{} trials at once would take about {}; this process may use {}, so {} at once", plan.trials,
                       memory_text(plan.together), memory_text(limit),
                       plan.at_once == 1 ? "one runs" : fmt::format("{} run", plan.at_once));
}

void require_memory(const MemoryPlan& plan, double limit) {
    if (plan.at_once > 0 || !plan.most) return;
    throw Error({"memory", memory_note(plan, limit), fmt::format("a trial that fits into {}", memory_text(limit)),
                 "lower cell.hidden, training.batch, training.sequence_length or sampling.length, or run it on a "
                 "larger machine"});
}

}  // namespace unroll::sweep
