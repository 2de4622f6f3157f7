// Recording equations: every operator appends a node to the graph and checks widths and names.
#include "unroll/equations.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "equations/graph.h"
#include "unroll/error.h"

namespace unroll {

using Kind = Node::Kind;

namespace {

[[noreturn]] void refuse(std::string where, std::string found, std::string wanted, std::string next) {
    throw Error({"equations, " + where, std::move(found), std::move(wanted), std::move(next)});
}

std::string expression(Value value) {
    return EquationsAccess::graph(value).expression(EquationsAccess::node(value));
}

std::string shape(Value value) {
    return fmt::format("(B, {})", value.width());
}

Value elementwise(char sign, Kind kind, Value a, Value b) {
    if (a.width() != b.width())
        refuse(fmt::format("{} {} {}", expression(a), sign, expression(b)),
               fmt::format("shapes {} and {}", shape(a), shape(b)), "two values of the same shape",
               "change the width of one with linear(), product() or slice()");
    return EquationsAccess::append(kind, a.width(), {a, b});
}

Value unary(Kind kind, Value x, double number = 0) {
    return EquationsAccess::append(kind, x.width(), {x}, number);
}

StateNode& find_state(const char* operation, const Equations& equations, Value value) {
    if (EquationsAccess::owner(value) == &equations)
        for (StateNode& state : EquationsAccess::graph(equations).states)
            if (state.node == EquationsAccess::node(value)) return state;
    refuse(fmt::format("{}({})", operation, expression(value)), "a value that is no state",
           "a value that state() returned", "keep what state() returned and pass it");
}

}  // namespace

// ---- Values -----------------------------------------------------------------------------------------------------

Value EquationsAccess::append(Equations& equations, Node node) {
    Equations::Graph& recorded = *equations.graph_;
    if (node.kind != Kind::input && node.kind != Kind::state)
        node.from_input_alone = std::all_of(node.operands.begin(), node.operands.end(),
                                            [&](Size i) { return recorded.nodes[i].from_input_alone; });
    recorded.nodes.push_back(std::move(node));
    return {&equations, recorded.nodes.size() - 1};
}

Value EquationsAccess::append(Kind kind, Size width, std::initializer_list<Value> operands, double number) {
    Node node{kind, width};
    node.number = number;
    Equations* equations = operands.begin()->equations_;
    for (const Value operand : operands) {
        if (operand.equations_ != equations)
            refuse("an operation", "values of two cells", "values of one cell",
                   "make every value within the function that writes the equations down, and keep none outside it");
        node.operands.push_back(operand.node_);
    }
    return append(*equations, std::move(node));
}

Size Value::width() const {
    return EquationsAccess::node_of(*this).width;
}

Value operator+(Value a, Value b) {
    return elementwise('+', Kind::add, a, b);
}
Value operator-(Value a, Value b) {
    return elementwise('-', Kind::subtract, a, b);
}
Value operator*(Value a, Value b) {
    return elementwise('*', Kind::multiply, a, b);
}
Value operator+(Value a, double b) {
    return unary(Kind::shift, a, b);
}
Value operator*(Value a, double b) {
    return unary(Kind::scale, a, b);
}
Value operator-(double a, Value b) {
    return b * -1.0 + a;
}

Value sigmoid(Value x) {
    return unary(Kind::sigmoid, x);
}
Value tanh(Value x) {
    return unary(Kind::tanh, x);
}
Value relu(Value x) {
    return unary(Kind::relu, x);
}
Value gelu(Value x) {
    return unary(Kind::gelu, x);
}
Value exp(Value x) {
    return unary(Kind::exp, x);
}
Value softmax(Value x) {
    return unary(Kind::softmax, x);
}

Value slice(Value x, Size first, Size width) {
    if (width == 0 || first + width > x.width())
        refuse(fmt::format("slice({}, {}, {})", expression(x), first, width),
               fmt::format("columns [{}, {}) of a value of shape {}", first, first + width, shape(x)),
               fmt::format("at least one column, within [0, {})", x.width()), "correct the first column or the width");
    Value part = EquationsAccess::append(Kind::slice, width, {x});
    EquationsAccess::graph(x).nodes.back().first = first;
    return part;
}

Value concatenate(std::initializer_list<Value> parts) {
    if (parts.size() == 0) refuse("concatenate", "no values", "at least one value", "leave the call out");
    Size width = 0;
    for (const Value part : parts) width += part.width();
    return EquationsAccess::append(Kind::concatenate, width, parts);
}

// ---- Equations --------------------------------------------------------------------------------------------------

Equations::Equations(const CellSpec& spec, const Options& options)
    : graph_(std::make_unique<Graph>(Graph{spec, options, {}, {}, {}})) {}

Equations::~Equations() = default;

const CellSpec& Equations::spec() const {
    return graph_->spec;
}

const Options& Equations::options() const {
    return graph_->options;
}

Value Equations::input() {
    if (graph_->input != Graph::none) return {this, graph_->input};
    Node node{Kind::input, spec().input};
    node.from_input_alone = true;
    node.label = "input()";
    const Value x = EquationsAccess::append(*this, std::move(node));
    graph_->input = EquationsAccess::node(x);
    return x;
}

Value Equations::state(std::string name, Size width) {
    for (const StateNode& other : graph_->states)
        if (other.name == name)
            refuse("state", fmt::format("'{}' for the second time", name), "a name of its own for each state",
                   "rename one of them");
    if (width == 0) refuse(fmt::format("state '{}'", name), "width 0", "a width of at least 1", "correct the width");
    Node node{Kind::state, width};
    node.label = fmt::format("state(\"{}\")", name);
    const Value value = EquationsAccess::append(*this, std::move(node));
    const Size offset = graph_->layout.add_state(name, width);
    graph_->states.push_back({std::move(name), EquationsAccess::node(value), Graph::none, offset});
    return value;
}

namespace {

/// Declares weights and appends the node that uses them.
Value weighted(Equations& equations, Kind kind, Value x, Weight weight) {
    CellLayout& layout = EquationsAccess::graph(equations).layout;
    for (const Weight& other : layout.weights)
        if (other.name == weight.name)
            refuse("weights", fmt::format("'{}' for the second time", weight.name), "a name of its own for each array",
                   "rename one of them");
    if (weight.size() == 0)
        refuse(fmt::format("weights '{}'", weight.name), "0 outputs", "at least one output", "correct the width");
    const Value y = EquationsAccess::append(kind, weight.shape[0], {x});
    Node& node = EquationsAccess::graph(equations).nodes.back();
    const char* const call = kind == Kind::product ? "product" : kind == Kind::plus ? "plus" : "times";
    node.label = fmt::format("{}(\"{}\")", call, weight.name);
    node.weights = layout.add(std::move(weight));
    return y;
}

}  // namespace

Value Equations::product(std::string weight, Size outputs, Value x) {
    const Weight::Role role =
        EquationsAccess::node_of(x).from_input_alone ? Weight::Role::input : Weight::Role::recurrent;
    return weighted(*this, Kind::product, x, {std::move(weight), {outputs, x.width()}, role, hidden()});
}

Value Equations::plus(Value x, std::string bias, Size ones_first, Size ones_last) {
    if (ones_first > ones_last || ones_last > x.width())
        refuse(fmt::format("bias '{}'", bias),
               fmt::format("ones in [{}, {}) of {} elements", ones_first, ones_last, x.width()),
               fmt::format("a range within [0, {})", x.width()), "correct the range");
    return weighted(*this, Kind::plus, x,
                    {std::move(bias), {x.width()}, Weight::Role::bias, hidden(), ones_first, ones_last});
}

Value Equations::times(Value x, std::string gain) {
    return weighted(*this, Kind::times, x, {std::move(gain), {x.width()}, Weight::Role::gain});
}

Value Equations::linear(const std::string& name, Size outputs, std::initializer_list<Value> inputs) {
    if (inputs.size() == 0)
        refuse(fmt::format("linear(\"{}\")", name), "no inputs", "at least one input", "name the values it multiplies");
    for (const Weight& other : graph_->layout.weights)
        if (other.name == "bias_" + name)
            refuse(fmt::format("linear(\"{}\")", name), "the name for the second time", "a name of its own for each",
                   "rename one of them");
    std::vector<Value> products;
    for (const Value x : inputs)
        products.push_back(product(fmt::format("weight_{}_{}", name, products.size()), outputs, x));
    // What comes from x alone is added up first, bias included: that part is computed for all steps at once.
    std::stable_partition(products.begin(), products.end(),
                          [](Value v) { return EquationsAccess::node_of(v).from_input_alone; });
    Value sum = plus(products[0], "bias_" + name);
    for (Size i = 1; i < products.size(); ++i) sum = sum + products[i];
    graph_->nodes[EquationsAccess::node(sum)].label = fmt::format("linear(\"{}\")", name);
    return sum;
}

void Equations::next(Value state, Value value) {
    StateNode& target = find_state("next", *this, state);
    if (target.next != Graph::none)
        refuse("next", fmt::format("a second value for the state '{}'", target.name), "one next value for each state",
               "remove one of the two calls");
    if (value.width() != state.width())
        refuse(fmt::format("next(state(\"{}\"), {})", target.name, expression(value)),
               fmt::format("a value of shape {} for a state of shape {}", shape(value), shape(state)),
               "a value of the state's shape", "change its width with linear(), product() or slice()");
    target.next = EquationsAccess::node(value);
}

Value Equations::next_of(Value state) const {
    const StateNode& target = find_state("next_of", *this, state);
    if (target.next == Graph::none)
        refuse("next_of", fmt::format("the state '{}', which has no next value yet", target.name),
               "a state after its next()", fmt::format("call next() for '{}' before next_of()", target.name));
    return {EquationsAccess::owner(state), target.next};
}

void Equations::output(Value y) {
    if (graph_->output != Graph::none)
        refuse("output", fmt::format("a second output, {} after {}", expression(y), graph_->expression(graph_->output)),
               "one output", "concatenate() what belongs together, or remove one of the two calls");
    graph_->output = EquationsAccess::node(y);
}

namespace {

/// The function that a kind of node is a call of; "" for one that is an operator or has a label.
const char* function_of(Kind kind) {
    switch (kind) {
        case Kind::sigmoid:
            return "sigmoid";
        case Kind::tanh:
            return "tanh";
        case Kind::relu:
            return "relu";
        case Kind::gelu:
            return "gelu";
        case Kind::exp:
            return "exp";
        case Kind::softmax:
            return "softmax";
        case Kind::slice:
            return "slice";
        case Kind::concatenate:
            return "concatenate";
        default:
            return "";
    }
}

/// Deeper than a few calls a formula says no more; `…` stands for the rest.
std::string written(const Equations::Graph& graph, Size n, int depth) {
    const Node& node = graph.nodes[n];
    if (!node.label.empty()) return node.label;
    if (depth == 0) return "…";
    std::vector<std::string> parts;
    for (const Size operand : node.operands) parts.push_back(written(graph, operand, depth - 1));
    if (node.kind == Kind::shift) return fmt::format("({} + {})", parts[0], node.number);
    if (node.kind == Kind::scale) return fmt::format("({} * {})", parts[0], node.number);
    if (const char* const function = function_of(node.kind); *function)
        return fmt::format("{}({}{})", function, fmt::join(parts, ", "),
                           node.kind == Kind::slice ? fmt::format(", {}, {}", node.first, node.width) : "");
    const char sign = node.kind == Kind::add ? '+' : node.kind == Kind::subtract ? '-' : '*';
    return fmt::format("({} {} {})", parts[0], sign, parts[1]);
}

}  // namespace

std::string Equations::Graph::expression(Size node) const {
    return written(*this, node, 3);
}

void Equations::Graph::finish() {
    if (output == none) refuse("output", "nothing", "one output", "end the recording function with a call of output()");
    for (const StateNode& state : states)
        if (state.next == none)
            refuse("next", fmt::format("nothing for the state '{}'", state.name), "one next value for each state",
                   fmt::format("call next() for '{}'", state.name));
    layout.output = nodes[output].width;

    std::vector<bool> reaches_a_state(nodes.size());
    for (const StateNode& state : states) reaches_a_state[state.next] = true;
    for (Size i = nodes.size(); i-- > 0;)
        if (reaches_a_state[i])
            for (const Size operand : nodes[i].operands) reaches_a_state[operand] = true;
    for (Size i = 0; i < nodes.size(); ++i)
        nodes[i].phase = nodes[i].from_input_alone ? Node::Phase::before
                         : reaches_a_state[i]      ? Node::Phase::during
                                                   : Node::Phase::after;
}

}  // namespace unroll
