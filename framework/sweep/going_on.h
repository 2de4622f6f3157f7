// What a trial can take over from another one of its trajectory.
#pragma once

#include <cstdint>
#include <functional>
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

/// Whether a trial's checkpoint is whole.
using IsUsable = std::function<bool(store::Id trial, const training::CheckpointInfo& checkpoint)>;

/// The finished trial of the same trajectory, trained by this build, with the newest checkpoint that this one passes,
/// too, and that lies beyond step `reached`. Where one is not whole the one before is taken; without `is_usable` all
/// are taken to be.
GoingOn going_on(store::Store& store, const TrialPlan& trial, const std::string& build, std::uint64_t reached,
                 const IsUsable& is_usable = {});

}  // namespace unroll::sweep
