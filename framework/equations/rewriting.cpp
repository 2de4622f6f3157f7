// What becomes of a recorded graph before it is scheduled: the same values by fewer passes over memory.
#include "equations/rewriting.h"

#include <algorithm>

namespace unroll {

using Kind = Node::Kind;

namespace {

constexpr Size none = Node::none;

/// Who uses a node. A state's next value and the output have one user more, which is no node.
struct Users {
    std::vector<std::vector<Size>> nodes;
    std::vector<bool> others;

    explicit Users(const Equations::Graph& graph) : nodes(graph.nodes.size()), others(graph.nodes.size()) {
        for (Size n = 0; n < graph.nodes.size(); ++n)
            for (const Size operand : graph.nodes[n].operands) nodes[operand].push_back(n);
        for (const StateNode& state : graph.states)
            others[state.next] = others[state.node] = others[state.value] = true;
        for (const Size n : {graph.output, graph.input, graph.begun, graph.step})
            if (n != none) others[n] = true;
    }
};

/// A bias that is all that is done with a product becomes part of it.
void join_biases(Equations::Graph& graph) {
    const Users users(graph);
    for (Node& node : graph.nodes) {
        if (node.kind != Kind::plus) continue;
        const Size n = node.operands[0];
        const Node& product = graph.nodes[n];
        if (product.kind != Kind::product || product.bias != none) continue;
        if (users.nodes[n].size() != 1 || users.others[n]) continue;
        node.kind = Kind::product;
        node.bias = node.weights;
        node.weights = product.weights;
        node.operands = std::vector<Size>(product.operands);
    }
}

/// Can it be computed for some columns alone, from the same columns of its operands or of its weights?
bool is_by_columns(Kind kind) {
    return kind == Kind::product || kind == Kind::add || kind == Kind::plus;
}

/// Are all that use it slices, of which no two share a column?
bool is_only_sliced(const Equations::Graph& graph, const Users& users, Size n) {
    if (users.others[n] || users.nodes[n].empty()) return false;
    std::vector<bool> taken(graph.nodes[n].width);
    for (const Size user : users.nodes[n]) {
        const Node& slice = graph.nodes[user];
        if (slice.kind != Kind::slice) return false;
        for (Size column = slice.first; column < slice.first + slice.width; ++column) {
            if (taken[column]) return false;
            taken[column] = true;
        }
    }
    return true;
}

/// Copies a graph's nodes one after the other, some of them as others.
class Splitting {
public:
    explicit Splitting(Equations::Graph& graph) : graph_(graph), users_(graph), places_(graph.nodes.size(), none) {}

    /// Whether there was something to split.
    bool run() {
        bool found = false;
        for (Size n = 0; n < graph_.nodes.size(); ++n) {
            Node node = graph_.nodes[n];
            if (splits(n)) {
                found = true;
                continue;
            }
            if (node.kind == Kind::slice && splits(node.operands[0]))
                node = part(node);
            else
                for (Size& operand : node.operands) operand = places_[operand];
            places_[n] = append(std::move(node));
        }
        graph_.nodes = std::move(nodes_);
        for (StateNode& state : graph_.states)
            for (Size* n : {&state.node, &state.next, &state.value}) *n = places_[*n];
        for (Size* n : {&graph_.input, &graph_.output, &graph_.begun, &graph_.step})
            if (*n != none) *n = places_[*n];
        return found;
    }

private:
    bool splits(Size n) const {
        const Node& node = graph_.nodes[n];
        return is_by_columns(node.kind) && !node.from_weights_alone && is_only_sliced(graph_, users_, n);
    }

    Size append(Node node) {
        nodes_.push_back(std::move(node));
        return nodes_.size() - 1;
    }

    /// What a slice of such a node is computed by.
    Node part(const Node& slice) {
        const Node& whole = graph_.nodes[slice.operands[0]];
        Node node = slice;
        node.kind = whole.kind;
        node.first = 0;
        node.operands = {};
        if (whole.kind == Kind::product) {
            node.operands = {places_[whole.operands[0]]};
            node.weights = whole.weights + slice.first * graph_.nodes[whole.operands[0]].width;
            if (whole.bias != none) node.bias = whole.bias + slice.first;
            return node;
        }
        for (const Size operand : whole.operands) {
            Node piece = slice;
            piece.operands = {places_[operand]};
            piece.from_input_alone = graph_.nodes[operand].from_input_alone;
            node.operands.push_back(append(std::move(piece)));
        }
        node.weights = whole.weights + slice.first;
        return node;
    }

    Equations::Graph& graph_;
    const Users users_;
    std::vector<Node> nodes_;
    std::vector<Size> places_;  ///< in nodes_
};

/// Products of an input that always comes as tokens, and goes nowhere else, are looked up.
void look_up(Equations::Graph& graph) {
    if (!graph.spec.tokens || graph.input == none || graph.input == graph.output) return;
    for (const StateNode& state : graph.states)
        if (state.next == graph.input) return;
    const std::vector<Size> users = Users(graph).nodes[graph.input];
    const auto is_product = [&](Size n) { return graph.nodes[n].kind == Kind::product; };
    if (!std::all_of(users.begin(), users.end(), is_product)) return;
    for (const Size n : users) graph.nodes[n].kind = Kind::lookup;
}

}  // namespace

void rewrite(Equations::Graph& graph) {
    join_biases(graph);
    while (Splitting(graph).run()) {
    }
    look_up(graph);
}

}  // namespace unroll
