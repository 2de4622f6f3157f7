// Chooses the kernel set: the processor's best, or the one that UNROLL_SIMD names.
#include "kernels/targets.h"

#include <hwy/highway.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "kernels/usable.h"
#include "unroll/error.h"
#include "unroll/kernels.h"

namespace unroll {

namespace {

/// Of the processor, as it was before any choice disabled some.
std::int64_t usable_targets() {
    static const std::int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
    return targets;
}

// In Highway a better target has a lower bit.
std::string choose() {
    const std::int64_t usable = usable_targets();
    const std::int64_t best = usable & -usable;
    std::int64_t chosen = best;
    if (const char* variable = std::getenv("UNROLL_SIMD"); variable && *variable) {
        chosen = 0;
        std::string names;
        for (std::int64_t rest = usable; rest; rest &= rest - 1) {
            const std::int64_t target = rest & -rest;
            names += (names.empty() ? "" : ", ") + std::string(hwy::TargetName(target));
            if (std::string(variable) == hwy::TargetName(target)) chosen = target;
        }
        if (!chosen)
            throw Error({"environment variable UNROLL_SIMD", "\"" + std::string(variable) + "\"", "one of " + names,
                         "unset it to use " + std::string(hwy::TargetName(best)) + ", the best this processor has"});
        hwy::DisableTargets(chosen - 1);
    }
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    return hwy::TargetName(chosen);
}

}  // namespace

std::vector<std::string> usable_kernel_sets() {
    std::vector<std::string> names;
    for (std::int64_t rest = usable_targets(); rest; rest &= rest - 1)
        names.emplace_back(hwy::TargetName(rest & -rest));
    return names;
}

std::string kernel_set() {
    static const std::string name = choose();
    return name;
}

}  // namespace unroll
