// Which checkpoints of a trial are kept.
#include "training/retention.h"

#include <algorithm>

namespace unroll::training {

std::vector<CheckpointInfo> add_checkpoint(std::vector<CheckpointInfo>& checkpoints, const CheckpointSaved& saved) {
    const CheckpointInfo& added = saved.checkpoint;
    for (CheckpointInfo& other : checkpoints) {
        other.is_last = other.is_last && !added.is_last;
        other.is_best = other.is_best && !added.is_best;
    }
    std::erase_if(checkpoints, [&](const CheckpointInfo& other) { return other.step == added.step; });
    const auto later = [&](const CheckpointInfo& other) { return other.step > added.step; };
    checkpoints.insert(std::find_if(checkpoints.begin(), checkpoints.end(), later), added);

    const Size old = checkpoints.size() - std::min<Size>(checkpoints.size(), saved.keep);
    std::vector<CheckpointInfo> kept, dropped;
    for (Size i = 0; i < checkpoints.size(); ++i) {
        const CheckpointInfo& one = checkpoints[i];
        const bool stays = i >= old || one.is_best || one.is_last || one.step == added.step;
        (stays ? kept : dropped).push_back(one);
    }
    checkpoints = std::move(kept);
    return dropped;
}

}  // namespace unroll::training
