// What a trial can take over from another one of its trajectory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/store.h"
#include "sweep/executor.h"
#include "sweep/workload.h"

namespace unroll::sweep {

struct GoingOn {
    std::optional<EarlierPart> part;  ///< none: there is no such trial, or none that leads further
    store::Id from = 0;               ///< the trial whose part that is
    bool other_build = false;  ///< one would lead further, but came from another build: its bits are not promised
};

/// The finished trial of the same trajectory, trained by this build, with the newest checkpoint that this one passes,
/// too, and that lies beyond step `reached`.
GoingOn going_on(store::Store& store, const TrialPlan& trial, const std::string& build, std::uint64_t reached);

}  // namespace unroll::sweep
