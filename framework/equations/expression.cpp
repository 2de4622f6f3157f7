// A recorded value as its author wrote it, for messages.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "equations/graph.h"

namespace unroll {

using Kind = Node::Kind;

namespace {

/// The function that a kind of node is a call of; "" for one that is an operator or has a label.
const char* function_of(Kind kind) {
    switch (kind) {
        case Kind::maximum:
        case Kind::at_least:
            return "maximum";
        case Kind::minimum:
        case Kind::at_most:
            return "minimum";
        case Kind::sigmoid:
            return "sigmoid";
        case Kind::tanh:
            return "tanh";
        case Kind::relu:
            return "relu";
        case Kind::gelu:
            return "gelu";
        case Kind::silu:
            return "silu";
        case Kind::softplus:
            return "softplus";
        case Kind::exp:
            return "exp";
        case Kind::log:
            return "log";
        case Kind::sqrt:
            return "sqrt";
        case Kind::sin:
            return "sin";
        case Kind::cos:
            return "cos";
        case Kind::softmax:
            return "softmax";
        case Kind::layer_norm:
            return "layer_norm";
        case Kind::rms_norm:
            return "rms_norm";
        case Kind::l2_norm:
            return "l2_norm";
        case Kind::sum:
            return "sum";
        case Kind::repeat:
            return "repeat";
        case Kind::slice:
            return "slice";
        case Kind::concatenate:
            return "concatenate";
        case Kind::outer:
            return "outer";
        case Kind::contract:
            return "contract";
        case Kind::contract_columns:
            return "contract_columns";
        case Kind::scale_rows:
            return "scale_rows";
        case Kind::scale_columns:
            return "scale_columns";
        default:
            return "";
    }
}

/// What follows the operands in a call.
std::string further_arguments(const Node& node) {
    if (node.kind == Kind::slice) return fmt::format(", {}, {}", node.first, node.width);
    if (node.kind == Kind::at_least || node.kind == Kind::at_most) return fmt::format(", {}", node.number);
    if (node.groups > 1) return fmt::format(", {}", node.groups);
    return "";
}

/// Deeper than a few calls a formula says no more; `…` stands for the rest.
std::string written(const Equations::Graph& graph, Size n, int depth) {
    const Node& node = graph.nodes[n];
    if (!node.label.empty()) return node.label;
    if (node.kind == Kind::broadcast) return written(graph, node.operands[0], depth);
    if (depth == 0) return "…";
    std::vector<std::string> parts;
    for (const Size operand : node.operands) parts.push_back(written(graph, operand, depth - 1));
    if (node.kind == Kind::shift) return fmt::format("({} + {})", parts[0], node.number);
    if (node.kind == Kind::scale) return fmt::format("({} * {})", parts[0], node.number);
    if (node.kind == Kind::quotient) return fmt::format("({} / {})", node.number, parts[0]);
    if (const char* const function = function_of(node.kind); *function)
        return fmt::format("{}({}{})", function, fmt::join(parts, ", "), further_arguments(node));
    const char sign = node.kind == Kind::add        ? '+'
                      : node.kind == Kind::subtract ? '-'
                      : node.kind == Kind::divide   ? '/'
                                                    : '*';
    return fmt::format("({} {} {})", parts[0], sign, parts[1]);
}

}  // namespace

std::string Equations::Graph::expression(Size node) const {
    return written(*this, node, 3);
}

}  // namespace unroll
