// The graph that Equations records and that a cell of equations executes. Internal to libunroll.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "unroll/equations.h"

namespace unroll {

/// One recorded value. Nodes stand in the order in which they were recorded, so operands come before their users.
struct Node {
    enum class Kind {
        input,
        state,
        add,
        subtract,
        multiply,
        shift,  ///< x + number
        scale,  ///< x * number
        sigmoid,
        tanh,
        relu,
        gelu,
        exp,
        softmax,
        slice,        ///< columns [first, first + width) of the operand
        concatenate,  ///< operands side by side
        product,      ///< by the weight matrix at `weights`
        plus,         ///< the bias at `weights`
        times,        ///< the gain at `weights`
    };

    /// When a node can be computed: all steps at once where the recurrence does not pass through it.
    enum class Phase {
        before,  ///< it depends on x alone: ahead of the first step
        during,  ///< it depends on a state and a state depends on it: step by step
        after,   ///< no state depends on it: behind the last step
    };

    Kind kind;
    Size width;
    std::vector<Size> operands = {};
    double number = 0;
    Size first = 0;
    Size weights = 0;  ///< offset in all the weights
    bool from_input_alone = false;
    Phase phase = Phase::during;
    std::string label = {};  ///< the call that made it, as `linear("forget")`; "" where kind and operands tell
};

struct StateNode {
    std::string name;
    Size node;
    Size next;    ///< the node of the next step's value, or Equations::Graph::none
    Size offset;  ///< in one sequence's state
};

struct Equations::Graph {
    static constexpr Size none = static_cast<Size>(-1);

    CellSpec spec;
    Options options;
    CellLayout layout;
    std::vector<Node> nodes;
    std::vector<StateNode> states;
    Size input = none;
    Size output = none;

    /// The node as its author wrote it, as far as it is short: `sigmoid(linear("forget")) * state("h")`.
    std::string expression(Size node) const;

    /// Checks that nothing is missing and gives every node its phase.
    void finish();
};

struct EquationsAccess {
    static Equations::Graph& graph(const Equations& equations) { return *equations.graph_; }
    static Equations::Graph& graph(Value value) { return *value.equations_->graph_; }
    static Size node(Value value) { return value.node_; }
    static const Node& node_of(Value value) { return graph(value).nodes[value.node_]; }

    /// Appends a node to the graph that its operands belong to.
    static Value append(Equations& equations, Node node);
    static Value append(Node::Kind kind, Size width, std::initializer_list<Value> operands, double number = 0);
    static Equations* owner(Value value) { return value.equations_; }
};

}  // namespace unroll
