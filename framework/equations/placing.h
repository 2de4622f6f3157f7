// From the stages of a schedule to where values and gradients stand.
#pragma once

#include "equations/schedule.h"

namespace unroll {

/// What was found out about a graph's nodes on the way to stages and segments; vectors have an element for each node.
struct Structure {
    static constexpr Size none = Node::none;

    explicit Structure(const Equations::Graph& recorded);

    const Equations::Graph& graph;
    std::vector<bool> live;                ///< the output or a state needs it
    std::vector<std::vector<Size>> users;  ///< the live nodes of which it is an operand
    std::vector<Size> state_of;            ///< place in Graph::states, or none
    std::vector<Size> stage;               ///< even: at once; odd: step by step
    std::vector<Size> segment;             ///< none: in no segment

    bool once(Size n) const { return graph.nodes[n].from_weights_alone; }
    bool rows(Size n) const { return live[n] && !once(n); }
    bool is_next(Size n) const;
};

/// Fills `plans`, of as many elements as there are nodes, `output_in_group` and all totals.
void place(const Structure& structure, Schedule& schedule);

}  // namespace unroll
