// In which order a graph's nodes are computed, and where their values and gradients stand.
//
// Values of weights alone come first, one row each. The rest falls into stages, one after the other. What lies on no
// cycle through a state is computed for all T·B rows at once, what does lie on one step by step; so a stage is
// recurrent or not. A stage is a row of segments: a product of matrices or a memory, the shift of a state that no cycle
// leads through (it is its next value of the step before), or a group of all else, which is computed for a few rows at
// a time, so that what only the group needs stays in the first caches and is in no array of T steps: backward computes
// it again.
// A recurrent stage without products runs over all steps for a few sequences at a time. If its states are matrices they
// are kept every `interval` steps only, and backward computes the steps between again.
#pragma once

#include <vector>

#include "equations/graph.h"
#include "unroll/types.h"

namespace unroll {

/// Where a node's values and gradients stand, and how backward reaches its operands.
struct Plan {
    enum class Values {
        none,      ///< nobody needs the node
        given,     ///< the caller's x
        once,      ///< one row
        all,       ///< (T·B, width); a state's have B rows more: the values after the last step
        interval,  ///< states: every so many steps, (steps, B, width)
        next,      ///< those of the state `next_of` a step later
        step,      ///< (B, width) of the current step: backward does without
        local,     ///< scratch of the group
    };
    enum class Gradient {
        given,  ///< the caller's dx, which may be null
        once,
        all,
        step,  ///< (B, width) of the current step
        local,
    };
    Values values = Values::none;
    Gradient gradient = Gradient::local;
    Size gradient_of = Node::none;  ///< the node whose gradient this one's is, too: itself, or a sum with no other user
    Size value = 0;                 ///< widths of the nodes before it of the same `values`; local: within the group
    Size states = 0;                ///< `all`: widths of the states among these
    Size gradient_at = 0;           ///< as `value`, of the same `gradient`
    Size local = 0;                 ///< place in its group's scratch
    Size next_of = Node::none;
    bool again = false;      ///< `local`: backward computes it again
    bool cleared = true;     ///< its gradient starts at 0, and every user adds; else the first user overwrites
    std::vector<Into> into;  ///< of each operand: whether this node, as a user, overwrites or adds
};

struct Segment {
    enum class Kind { group, single, shift };
    Kind kind;
    std::vector<Size> nodes;   ///< in order; one, but for a group
    Size local = 0;            ///< columns of scratch
    std::vector<Size> states;  ///< of a recurrent stage, places in Graph::states: their next value is in this group
    bool output = false;       ///< the cell's output is in this group
};

struct Stage {
    bool recurrent = false;
    bool by_sequences = false;  ///< recurrent, and one group
    Size interval = 1;          ///< states are kept every so many steps
    std::vector<Segment> segments;
    std::vector<Size> states;     ///< of a recurrent stage: places in Graph::states
    std::vector<Size> elsewhere;  ///< those of them whose next value is in no group of this stage
};

struct Schedule {
    std::vector<Plan> plans;  ///< of each node
    std::vector<Size> once;   ///< nodes of weights alone, in order
    std::vector<Stage> stages;
    bool output_in_group = false;

    // Totals, in columns.
    Size all = 0, all_states = 0, interval = 0, once_columns = 0, step = 0;  ///< values
    Size gradients = 0, step_gradients = 0;
    Size widest = 0;          ///< node
    Size interval_steps = 1;  ///< of the stages that keep states at intervals

    explicit Schedule(const Equations::Graph& graph);
};

}  // namespace unroll
