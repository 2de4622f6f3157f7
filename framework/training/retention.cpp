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

    const auto scheduled = Size(std::count_if(checkpoints.begin(), checkpoints.end(),
                                              [](const CheckpointInfo& one) { return one.is_scheduled; }));
    Size old = scheduled - std::min(scheduled, saved.keep);
    std::vector<CheckpointInfo> kept, dropped;
    for (const CheckpointInfo& one : checkpoints) {
        const bool is_new = one.is_scheduled && old == 0;
        if (one.is_scheduled && old > 0) --old;
        const bool stays = is_new || one.is_best || one.is_last || one.step == added.step;
        (stays ? kept : dropped).push_back(one);
    }
    checkpoints = std::move(kept);
    return dropped;
}

}  // namespace unroll::training
