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
        constant,   ///< `number` in every column
        weight,     ///< the array at `weights`
        broadcast,  ///< the operand, one row of weights alone, in every row
        add,
        subtract,
        multiply,
        divide,
        maximum,
        minimum,
        select,    ///< of operands (condition, a, b), a where the row's condition is not 0, else b
        shift,     ///< x + number
        scale,     ///< x * number
        quotient,  ///< number / x
        at_least,  ///< max(x, number)
        at_most,   ///< min(x, number)
        sigmoid,
        tanh,
        relu,
        gelu,
        silu,
        softplus,
        exp,
        log,
        sqrt,
        sin,
        cos,
        softmax,
        layer_norm,  ///< over `groups` groups, ε = number; the next two too
        rms_norm,
        l2_norm,
        sum,          ///< of each of `width` groups
        repeat,       ///< each column width / (the operand's width) times
        slice,        ///< columns [first, first + width) of the operand
        concatenate,  ///< operands side by side
        outer,        ///< per head
        contract,
        contract_columns,
        scale_rows,  ///< each element of the second operand scales as many neighbouring columns of the first
        scale_columns,
        memory,   ///< matrices as a state that starts at `first` in a sequence's; operands q, k, v, and see below
        product,  ///< by the weight matrix at `weights`, plus the bias at `bias`
        lookup,   ///< the same of the cell's input where that always comes as tokens: rows of a table
        plus,     ///< the bias at `weights`
        times,    ///< the gain at `weights`
    };
    static constexpr Size none = static_cast<Size>(-1);

    Kind kind;
    Size width;
    std::vector<Size> operands = {};
    double number = 0;
    Size first = 0;
    Size groups = 1;
    Size heads = 1, rows = 1;            ///< the value's shape: heads matrices of `rows` rows
    Size weights = 0;                    ///< offset in all the weights
    Size decay = none, strength = none;  ///< memory: which operands these are, or none
    Size bias = none;                    ///< products: offset of a bias, or none
    bool from_input_alone = false;       ///< no state reaches it
    bool from_weights_alone = false;     ///< neither does the input: one row, the same for all
    std::string label = {};  ///< the call that made it, as `linear("forget")`; "" where kind and operands tell

    Size columns() const { return width / (heads * rows); }
};

struct StateNode {
    std::string name;
    Size node;
    Size next;    ///< the node of the next step's value, or Node::none
    Size offset;  ///< in one sequence's state
    Size value;   ///< what stands for the state in formulas: `node`, or a choice between it and a first value
};

struct Equations::Graph {
    static constexpr Size none = Node::none;

    CellSpec spec;
    Options options;
    CellLayout layout;
    std::vector<Node> nodes;
    std::vector<StateNode> states;
    Size input = none;
    Size output = none;
    Size begun = none;  ///< the node of the state that is 0 before a sequence's first step and 1 afterwards
    Size step = none;   ///< the node of the state that counts steps

    /// The node as its author wrote it, as far as it is short: `sigmoid(linear("forget")) * state("h")`.
    std::string expression(Size node) const;

    /// Checks that nothing is missing, and rewrites the graph for its schedule.
    void finish();
    void mark_recurrent_products();
};

struct EquationsAccess {
    static Equations::Graph& graph(const Equations& equations) { return *equations.graph_; }
    static Equations::Graph& graph(Value value) { return *value.equations_->graph_; }
    static Size node(Value value) { return value.node_; }
    static Node& node_of(Value value) { return graph(value).nodes[value.node_]; }
    static Equations* owner(Value value) { return value.equations_; }
    static Value value(Equations& equations, Size node) { return {&equations, node}; }

    /// Appends a node to the graph that its operands belong to. Where some of them are of weights alone and others are
    /// not, those are broadcast.
    static Value append(Equations& equations, Node node);
    static Value append(Node node, std::span<const Value> operands);
    static Value append(Node node, std::initializer_list<Value> operands) {
        return append(std::move(node), std::span<const Value>(operands.begin(), operands.size()));
    }
    /// The value as rows: broadcast where it is of weights alone.
    static Value as_rows(Value value);
};

/// Throws Error about a mistake in equations.
[[noreturn]] void refuse_equations(std::string where, std::string found, std::string wanted, std::string next);

}  // namespace unroll
