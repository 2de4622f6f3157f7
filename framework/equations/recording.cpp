// Recording equations: inputs, states, weights and outputs, with checks of widths and names.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "equations/graph.h"
#include "equations/rewriting.h"
#include "unroll/equations.h"
#include "unroll/error.h"

namespace unroll {

using Kind = Node::Kind;
using Access = EquationsAccess;

void refuse_equations(std::string where, std::string found, std::string wanted, std::string next) {
    throw Error({"equations, " + std::move(where), std::move(found), std::move(wanted), std::move(next)});
}

namespace {

std::string expression(Value value) {
    return Access::graph(value).expression(Access::node(value));
}

std::string shape(Value value) {
    return fmt::format("(B, {})", value.width());
}

StateNode& find_state(const char* operation, const Equations& equations, Value value) {
    if (Access::owner(value) == &equations)
        for (StateNode& state : Access::graph(value).states)
            if (state.value == Access::node(value)) return state;
    refuse_equations(fmt::format("{}({})", operation, expression(value)), "a value that is no state",
                     "a value that state() returned", "keep what state() returned and pass it");
}

}  // namespace

// ---- Nodes ------------------------------------------------------------------------------------------------------

Value EquationsAccess::append(Equations& equations, Node node) {
    Equations::Graph& recorded = *equations.graph_;
    recorded.nodes.push_back(std::move(node));
    return {&equations, recorded.nodes.size() - 1};
}

Value EquationsAccess::append(Node node, std::span<const Value> operands) {
    Equations* const equations = operands.front().equations_;
    const auto of_weights = [](Value value) { return node_of(value).from_weights_alone; };
    for (const Value operand : operands)
        if (operand.equations_ != equations)
            refuse_equations("an operation", "values of two cells", "values of one cell",
                             "make every value within the function that writes the equations down, and keep none "
                             "outside it");
    node.from_weights_alone = std::all_of(operands.begin(), operands.end(), of_weights);
    node.from_input_alone = true;
    for (Value operand : operands) {
        if (!node.from_weights_alone) operand = as_rows(operand);
        node.from_input_alone &= node_of(operand).from_input_alone;
        node.operands.push_back(operand.node_);
    }
    return append(*equations, std::move(node));
}

Value EquationsAccess::as_rows(Value value) {
    const Node& row = node_of(value);
    if (!row.from_weights_alone) return value;
    Node node{.kind = Kind::broadcast, .width = row.width, .operands = {value.node_}};
    node.heads = row.heads;
    node.rows = row.rows;
    node.from_input_alone = true;
    return append(*value.equations_, std::move(node));
}

// ---- Inputs and states ------------------------------------------------------------------------------------------

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
    Node node{.kind = Kind::input, .width = spec().input};
    node.from_input_alone = true;
    node.label = "input()";
    const Value x = Access::append(*this, std::move(node));
    graph_->input = Access::node(x);
    return x;
}

Value Equations::constant(Size width, double value) {
    if (width == 0) refuse_equations("constant", "width 0", "a width of at least 1", "correct the width");
    Node node{.kind = Kind::constant, .width = width};
    node.number = value;
    node.from_input_alone = node.from_weights_alone = true;
    node.label = fmt::format("constant({})", value);
    return Access::append(*this, std::move(node));
}

Value Equations::state(std::string name, Size heads, Size rows, Size columns) {
    for (const StateNode& other : graph_->states)
        if (other.name == name)
            refuse_equations("state", fmt::format("'{}' for the second time", name), "a name of its own for each state",
                             "rename one of them");
    const Size width = heads * rows * columns;
    if (width == 0)
        refuse_equations(fmt::format("state '{}'", name), "width 0", "a width of at least 1", "correct the width");
    Node node{.kind = Kind::state, .width = width};
    node.heads = heads;
    node.rows = rows;
    node.label = fmt::format("state(\"{}\")", name);
    const Value value = Access::append(*this, std::move(node));
    const Size offset = graph_->layout.add_state(name, width);
    graph_->states.push_back({std::move(name), Access::node(value), Graph::none, offset, Access::node(value)});
    return value;
}

Value Equations::memory(std::string name, Size heads, Value q, Value k, Value v, const MemoryRule& rule) {
    const auto require = [&](bool right, const char* what, Value value, const std::string& wanted) {
        if (!right)
            refuse_equations(fmt::format("memory(\"{}\")", name),
                             fmt::format("{} of shape {} for {} heads", what, shape(value), heads), wanted,
                             "correct the width or the number of heads");
    };
    require(heads > 0 && q.width() % heads == 0, "queries", q, "a number of heads that divides the width");
    require(k.width() == q.width(), "keys", k, fmt::format("{} columns, as the queries", q.width()));
    require(v.width() % heads == 0, "values", v, "a number of heads that divides the width");
    Node node{.kind = Kind::memory, .width = v.width()};
    node.heads = heads;
    node.label = fmt::format("memory(\"{}\")", name);
    std::vector<Value> operands{q, k, v};
    if (rule.decay) {
        require(rule.decay->width() == heads || rule.decay->width() == k.width(), "a decay", *rule.decay,
                fmt::format("{} columns, one for each head, or {}, one for each row", heads, k.width()));
        node.decay = operands.size();
        operands.push_back(*rule.decay);
    }
    if (rule.strength) {
        require(rule.strength->width() == heads, "a strength", *rule.strength, fmt::format("{} columns", heads));
        node.strength = operands.size();
        operands.push_back(*rule.strength);
    }
    for (Value& operand : operands) operand = Access::as_rows(operand);
    node.first = graph_->layout.add_state(std::move(name), q.width() * v.width() / heads);
    Value read = Access::append(std::move(node), operands);
    Access::node_of(read).from_input_alone = false;
    return read;
}

Value Equations::state(std::string name, Size width) {
    return state(std::move(name), 1, 1, width);
}

Value Equations::state(std::string name, Value first) {
    const Node shape_of = Access::node_of(first);
    if (!shape_of.from_weights_alone)
        refuse_equations(fmt::format("state(\"{}\", {})", name, expression(first)),
                         "a first value that depends on the input or on a state", "one of weights and numbers alone",
                         "make it of weight() and constant()");
    if (graph_->begun == Graph::none) {
        const Value begun = state("begun", 1);
        graph_->begun = Access::node(begun);
        next(begun, constant(1, 1));
    }
    const Value kept = state(name, shape_of.heads, shape_of.rows, shape_of.columns());
    Node choice{.kind = Kind::select, .width = shape_of.width};
    choice.heads = shape_of.heads;
    choice.rows = shape_of.rows;
    choice.label = fmt::format("state(\"{}\")", name);
    const Value value = Access::append(std::move(choice), {Access::value(*this, graph_->begun), kept, first});
    for (StateNode& other : graph_->states)
        if (other.node == Access::node(kept)) other.value = Access::node(value);
    return value;
}

Value Equations::step() {
    if (graph_->step == Graph::none) {
        const Value steps = state("step", 1);
        graph_->step = Access::node(steps);
        next(steps, steps + 1);
    }
    return {this, graph_->step};
}

Value Equations::previous(std::string name, Value x) {
    const Value before = state(std::move(name), x.width());
    next(before, x);
    return before;
}

void Equations::next(Value state, Value value) {
    StateNode& target = find_state("next", *this, state);
    if (target.next != Graph::none)
        refuse_equations("next", fmt::format("a second value for the state '{}'", target.name),
                         "one next value for each state", "remove one of the two calls");
    if (value.width() != state.width())
        refuse_equations(fmt::format("next(state(\"{}\"), {})", target.name, expression(value)),
                         fmt::format("a value of shape {} for a state of shape {}", shape(value), shape(state)),
                         "a value of the state's shape", "change its width with linear(), product() or slice()");
    target.next = Access::node(Access::as_rows(value));
}

Value Equations::next_of(Value state) const {
    const StateNode& target = find_state("next_of", *this, state);
    if (target.next == Graph::none)
        refuse_equations("next_of", fmt::format("the state '{}', which has no next value yet", target.name),
                         "a state after its next()", fmt::format("call next() for '{}' before next_of()", target.name));
    return {Access::owner(state), target.next};
}

void Equations::output(Value y) {
    if (graph_->output != Graph::none)
        refuse_equations("output",
                         fmt::format("a second output, {} after {}", expression(y), graph_->expression(graph_->output)),
                         "one output", "concatenate() what belongs together, or remove one of the two calls");
    graph_->output = Access::node(Access::as_rows(y));
}

// ---- Weights ----------------------------------------------------------------------------------------------------

namespace {

Weight marked(Weight weight, const WeightMarks& marks) {
    weight.start = marks.start;
    weight.decays = marks.decays;
    weight.learning_rate_factor = marks.learning_rate_factor;
    return weight;
}

Size declare(Equations::Graph& graph, Weight weight) {
    for (const Weight& other : graph.layout.weights)
        if (other.name == weight.name)
            refuse_equations("weights", fmt::format("'{}' for the second time", weight.name),
                             "a name of its own for each array", "rename one of them");
    if (weight.size() == 0)
        refuse_equations(fmt::format("weights '{}'", weight.name), "0 outputs", "at least one output",
                         "correct the width");
    return graph.layout.add(std::move(weight));
}

/// Declares weights and appends the node that uses them.
Value weighted(Equations& equations, Kind kind, Value x, Weight weight) {
    Node node{.kind = kind, .width = weight.shape[0]};
    const char* const call = kind == Kind::product ? "product" : kind == Kind::plus ? "plus" : "times";
    node.label = fmt::format("{}(\"{}\")", call, weight.name);
    if (kind != Kind::product) {
        node.heads = x.heads();
        node.rows = x.rows();
    }
    node.weights = declare(Access::graph(equations), std::move(weight));
    return Access::append(std::move(node), {x});
}

}  // namespace

Value Equations::product(std::string weight, Size outputs, Value x, const WeightMarks& marks) {
    return weighted(*this, Kind::product, x,
                    marked({std::move(weight), {outputs, x.width()}, Weight::Role::input, hidden()}, marks));
}

Value Equations::plus(Value x, std::string bias, Size ones_first, Size ones_last) {
    if (ones_first > ones_last || ones_last > x.width())
        refuse_equations(fmt::format("bias '{}'", bias),
                         fmt::format("ones in [{}, {}) of {} elements", ones_first, ones_last, x.width()),
                         fmt::format("a range within [0, {})", x.width()), "correct the range");
    return weighted(*this, Kind::plus, x,
                    {std::move(bias), {x.width()}, Weight::Role::bias, hidden(), ones_first, ones_last});
}

Value Equations::plus(Value x, std::string bias, const WeightMarks& marks) {
    return weighted(*this, Kind::plus, x, marked({std::move(bias), {x.width()}, Weight::Role::bias, hidden()}, marks));
}

Value Equations::times(Value x, std::string gain, const WeightMarks& marks) {
    return weighted(*this, Kind::times, x, marked({std::move(gain), {x.width()}, Weight::Role::gain}, marks));
}

Value Equations::weight(std::string name, std::vector<Size> shape, Weight::Role role, const WeightMarks& marks) {
    Weight array = marked({std::move(name), std::move(shape), role, hidden()}, marks);
    Node node{.kind = Kind::weight, .width = array.size()};
    node.from_input_alone = node.from_weights_alone = true;
    node.label = fmt::format("weight(\"{}\")", array.name);
    node.weights = declare(*graph_, std::move(array));
    return Access::append(*this, std::move(node));
}

Value Equations::linear(const std::string& name, Size outputs, std::initializer_list<Value> inputs,
                        const WeightMarks& bias) {
    if (inputs.size() == 0)
        refuse_equations(fmt::format("linear(\"{}\")", name), "no inputs", "at least one input",
                         "name the values it multiplies");
    for (const Weight& other : graph_->layout.weights)
        if (other.name == "bias_" + name)
            refuse_equations(fmt::format("linear(\"{}\")", name), "the name for the second time",
                             "a name of its own for each", "rename one of them");
    std::vector<Value> products;
    for (const Value x : inputs)
        products.push_back(product(fmt::format("weight_{}_{}", name, products.size()), outputs, x));
    // What comes from x alone is added up first, bias included: that part is computed for all steps at once.
    std::stable_partition(products.begin(), products.end(),
                          [](Value v) { return Access::node_of(v).from_input_alone; });
    Value sum = plus(products[0], "bias_" + name, bias);
    for (Size i = 1; i < products.size(); ++i) sum = sum + products[i];
    Access::node_of(sum).label = fmt::format("linear(\"{}\")", name);
    return sum;
}

Value Equations::block_product(const std::string& name, Size outputs, Value x, Size heads, const WeightMarks& marks) {
    if (heads == 0 || outputs % heads != 0 || x.width() % heads != 0)
        refuse_equations(fmt::format("block_product(\"{}\")", name),
                         fmt::format("{} heads, {} inputs and {} outputs", heads, x.width(), outputs),
                         "a number of heads that divides both", "correct the number of heads or the widths");
    const Size inputs = x.width() / heads;
    std::vector<Value> parts;
    for (Size head = 0; head < heads; ++head)
        parts.push_back(product(fmt::format("{}.{}", name, head), outputs / heads,
                                heads == 1 ? x : slice(x, head * inputs, inputs), marks));
    return heads == 1 ? parts[0] : concatenate(std::span<const Value>(parts));
}

Value Equations::convolve(const std::string& name, Value x, Size taps) {
    if (taps == 0)
        refuse_equations(fmt::format("convolve(\"{}\")", name), "0 taps", "at least one", "correct the number");
    const Size width = x.width();
    const double bound = 1 / std::sqrt(static_cast<double>(taps));  // PyTorch's Conv1d with a group for each channel
    const Value w =
        weight(name + "_weight", {taps, width}, Weight::Role::input, {.start = start::uniform(-bound, bound)});
    Value sum = x * slice(w, 0, width);
    for (Size k = 1; k < taps; ++k) {
        x = previous(fmt::format("{}_{}", name, k), x);
        sum = sum + x * slice(w, k * width, width);
    }
    return plus(sum, name + "_bias", {.start = start::uniform(-bound, bound)});
}

// ---- The whole --------------------------------------------------------------------------------------------------

/// A matrix is recurrent where its product depends on a state and a state depends on it.
void Equations::Graph::mark_recurrent_products() {
    std::vector<bool> reaches_a_state(nodes.size());
    for (const StateNode& state : states) reaches_a_state[state.next] = true;
    for (Size n = nodes.size(); n-- > 0;) {
        if (!reaches_a_state[n]) continue;
        for (const Size operand : nodes[n].operands) reaches_a_state[operand] = true;
        if (nodes[n].kind != Kind::product || nodes[n].from_input_alone) continue;
        Size offset = 0;
        for (Weight& weight : layout.weights) {
            if (offset == nodes[n].weights) weight.role = Weight::Role::recurrent;
            offset += weight.size();
        }
    }
}

void Equations::Graph::finish() {
    if (output == none)
        refuse_equations("output", "nothing", "one output", "end the recording function with a call of output()");
    for (const StateNode& state : states)
        if (state.next == none)
            refuse_equations("next", fmt::format("nothing for the state '{}'", state.name),
                             "one next value for each state", fmt::format("call next() for '{}'", state.name));
    layout.output = nodes[output].width;

    mark_recurrent_products();
    rewrite(*this);
}

}  // namespace unroll
