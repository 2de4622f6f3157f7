// Functions of recorded values: each appends a node to the graph and checks widths.
#include <fmt/core.h>

#include <algorithm>

#include "equations/graph.h"
#include "unroll/equations.h"

namespace unroll {

using Kind = Node::Kind;
using Access = EquationsAccess;

namespace {

std::string expression(Value value) {
    return Access::graph(value).expression(Access::node(value));
}

std::string shape(Value value) {
    return fmt::format("(B, {})", value.width());
}

std::string matrices(Value value) {
    return fmt::format("{} of ({}, {})", value.heads(), value.rows(), value.columns());
}

/// A node of the same shape as x.
Node like(Kind kind, Value x, double number = 0) {
    Node node{.kind = kind, .width = x.width()};
    node.number = number;
    node.heads = x.heads();
    node.rows = x.rows();
    return node;
}

void require_same_width(const std::string& where, Value a, Value b) {
    if (a.width() != b.width())
        refuse_equations(where, fmt::format("shapes {} and {}", shape(a), shape(b)), "two values of the same shape",
                         "change the width of one with linear(), product(), slice() or repeat()");
}

Value elementwise(char sign, Kind kind, Value a, Value b) {
    require_same_width(fmt::format("{} {} {}", expression(a), sign, expression(b)), a, b);
    return Access::append(like(kind, a), {a, b});
}

Value unary(Kind kind, Value x, double number = 0) {
    return Access::append(like(kind, x, number), {x});
}

void require_groups(const char* function, Value x, Size groups) {
    if (groups == 0 || x.width() % groups != 0)
        refuse_equations(fmt::format("{}({}, {})", function, expression(x), groups),
                         fmt::format("{} groups of a value of shape {}", groups, shape(x)),
                         "a number of groups that divides the width", "correct the number of groups");
}

Value norm(const char* function, Kind kind, Value x, Size groups, double epsilon) {
    require_groups(function, x, groups);
    Node node = like(kind, x, epsilon);
    node.groups = groups;
    return Access::append(std::move(node), {x});
}

/// A matrix and a vector that goes with it, or an error.
void require_vector(const char* function, Value S, Value v, Size wanted) {
    if (v.width() != wanted)
        refuse_equations(fmt::format("{}({}, {})", function, expression(S), expression(v)),
                         fmt::format("matrices, {}, and a value of shape {}", matrices(S), shape(v)),
                         fmt::format("a value of shape (B, {})", wanted), "correct its width or the matrices' shape");
}

Node vector_of(Kind kind, Size width) {
    return {.kind = kind, .width = width};
}

}  // namespace

Size Value::width() const {
    return Access::node_of(*this).width;
}
Size Value::heads() const {
    return Access::node_of(*this).heads;
}
Size Value::rows() const {
    return Access::node_of(*this).rows;
}
Size Value::columns() const {
    return Access::node_of(*this).columns();
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
Value operator/(Value a, Value b) {
    return elementwise('/', Kind::divide, a, b);
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
Value operator/(double a, Value b) {
    return unary(Kind::quotient, b, a);
}
Value maximum(Value a, Value b) {
    require_same_width(fmt::format("maximum({}, {})", expression(a), expression(b)), a, b);
    return Access::append(like(Kind::maximum, a), {a, b});
}
Value minimum(Value a, Value b) {
    require_same_width(fmt::format("minimum({}, {})", expression(a), expression(b)), a, b);
    return Access::append(like(Kind::minimum, a), {a, b});
}
Value maximum(Value a, double b) {
    return unary(Kind::at_least, a, b);
}
Value minimum(Value a, double b) {
    return unary(Kind::at_most, a, b);
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
Value silu(Value x) {
    return unary(Kind::silu, x);
}
Value softplus(Value x) {
    return unary(Kind::softplus, x);
}
Value exp(Value x) {
    return unary(Kind::exp, x);
}
Value log(Value x) {
    return unary(Kind::log, x);
}
Value sqrt(Value x) {
    return unary(Kind::sqrt, x);
}
Value sin(Value x) {
    return unary(Kind::sin, x);
}
Value cos(Value x) {
    return unary(Kind::cos, x);
}
Value softmax(Value x) {
    return unary(Kind::softmax, x);
}

Value layer_norm(Value x, Size groups, double epsilon) {
    return norm("layer_norm", Kind::layer_norm, x, groups, epsilon);
}
Value rms_norm(Value x, Size groups, double epsilon) {
    return norm("rms_norm", Kind::rms_norm, x, groups, epsilon);
}
Value l2_norm(Value x, Size groups, double epsilon) {
    return norm("l2_norm", Kind::l2_norm, x, groups, epsilon);
}

Value sum(Value x, Size groups) {
    require_groups("sum", x, groups);
    return Access::append(vector_of(Kind::sum, groups), {x});
}

Value repeat(Value x, Size times) {
    if (times == 0)
        refuse_equations(fmt::format("repeat({}, 0)", expression(x)), "0 times", "at least once", "correct the number");
    return Access::append(vector_of(Kind::repeat, x.width() * times), {x});
}

Value slice(Value x, Size first, Size width) {
    if (width == 0 || first + width > x.width())
        refuse_equations(fmt::format("slice({}, {}, {})", expression(x), first, width),
                         fmt::format("columns [{}, {}) of a value of shape {}", first, first + width, shape(x)),
                         fmt::format("at least one column, within [0, {})", x.width()),
                         "correct the first column or the width");
    Node node = vector_of(Kind::slice, width);
    node.first = first;
    return Access::append(std::move(node), {x});
}

Value concatenate(std::span<const Value> parts) {
    if (parts.empty()) refuse_equations("concatenate", "no values", "at least one value", "leave the call out");
    Size width = 0;
    for (const Value part : parts) width += part.width();
    return Access::append(vector_of(Kind::concatenate, width), parts);
}
Value concatenate(std::initializer_list<Value> parts) {
    return concatenate(std::span<const Value>(parts.begin(), parts.size()));
}

// ---- Matrices ---------------------------------------------------------------------------------------------------

Value outer(Value k, Value v, Size heads) {
    if (heads == 0 || k.width() % heads != 0 || v.width() % heads != 0)
        refuse_equations(fmt::format("outer({}, {}, {})", expression(k), expression(v), heads),
                         fmt::format("{} heads of values of shapes {} and {}", heads, shape(k), shape(v)),
                         "a number of heads that divides both widths", "correct the number of heads or the widths");
    Node node = vector_of(Kind::outer, k.width() / heads * v.width());
    node.heads = heads;
    node.rows = k.width() / heads;
    return Access::append(std::move(node), {k, v});
}

Value contract(Value q, Value S) {
    require_vector("contract", S, q, S.heads() * S.rows());
    return Access::append(vector_of(Kind::contract, S.heads() * S.columns()), {q, S});
}

Value contract_columns(Value S, Value v) {
    require_vector("contract_columns", S, v, S.heads() * S.columns());
    return Access::append(vector_of(Kind::contract_columns, S.heads() * S.rows()), {S, v});
}

Value scale_rows(Value S, Value a) {
    require_vector("scale_rows", S, a, S.heads() * S.rows());
    return Access::append(like(Kind::scale_rows, S), {S, a});
}

Value scale_heads(Value S, Value c) {
    require_vector("scale_heads", S, c, S.heads());
    return Access::append(like(Kind::scale_rows, S), {S, c});
}

Value scale_columns(Value S, Value b) {
    require_vector("scale_columns", S, b, S.heads() * S.columns());
    return Access::append(like(Kind::scale_columns, S), {S, b});
}

}  // namespace unroll
