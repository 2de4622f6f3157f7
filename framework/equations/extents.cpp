// How big the arrays of a call of a cell of equations are.
#include <algorithm>

#include "equations/execution.h"

namespace unroll {

Size Extents::group_rows(const Segment& group, Size available) const {
    constexpr Size elements = 16384;  // of a group's values; as many of its gradients come with them
    return std::clamp<Size>(elements / std::max<Size>(group.local, 1), 1, std::max<Size>(available, 1));
}

Size Extents::slots() const {
    return (T + schedule.interval_steps - 1) / schedule.interval_steps;
}

Size Extents::saved() const {
    return T * B * schedule.all + B * schedule.all_states + slots() * B * schedule.interval + schedule.once_columns +
           B * schedule.step;
}

Size Extents::group_scratch() const {
    Size most = 0;
    for (const Stage& stage : schedule.stages)
        for (const Segment& segment : stage.segments)
            if (segment.kind == Segment::Kind::group)
                most = std::max(
                    most, group_rows(segment, stage.recurrent ? B : T * B) * segment.local * (stage.interval + 1));
    return most;
}

Size Extents::node_scratch() const {
    Size most = schedule.widest;
    for (const Stage& stage : schedule.stages)
        for (const Segment& segment : stage.segments)
            if (segment.kind == Segment::Kind::group)
                most = std::max(most, group_rows(segment, stage.recurrent ? B : T * B) * segment.local);
    return most;
}

Size Extents::workspace() const {
    return T * B * schedule.gradients + B * schedule.step_gradients + schedule.once_columns +
           B * graph.layout.state_size() + group_scratch() + node_scratch();
}

}  // namespace unroll
