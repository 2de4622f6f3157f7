// What a schedule must know of each kind of node.
#include "equations/kinds.h"

namespace unroll {

using Kind = Node::Kind;

bool is_product(const Node& node) {
    return node.kind == Kind::product || node.kind == Kind::lookup;
}

bool stands_alone(const Node& node) {
    return node.kind == Kind::product || node.kind == Kind::state || node.kind == Kind::memory;
}

bool is_cheap(Kind kind) {
    switch (kind) {
        case Kind::broadcast:
        case Kind::add:
        case Kind::subtract:
        case Kind::multiply:
        case Kind::maximum:
        case Kind::minimum:
        case Kind::select:
        case Kind::shift:
        case Kind::scale:
        case Kind::at_least:
        case Kind::at_most:
        case Kind::relu:
        case Kind::repeat:
        case Kind::slice:
        case Kind::concatenate:
        case Kind::outer:
        case Kind::scale_rows:
        case Kind::scale_columns:
        case Kind::plus:
        case Kind::times:
        case Kind::lookup:
            return true;
        default:
            return false;
    }
}

Reads reads(Kind kind) {
    switch (kind) {
        case Kind::input:
        case Kind::state:
        case Kind::constant:
        case Kind::weight:
        case Kind::broadcast:
        case Kind::add:
        case Kind::subtract:
        case Kind::shift:
        case Kind::scale:
        case Kind::sum:
        case Kind::repeat:
        case Kind::slice:
        case Kind::concatenate:
        case Kind::plus:
        case Kind::lookup:
            return {false, false};
        case Kind::sigmoid:
        case Kind::tanh:
        case Kind::relu:
        case Kind::exp:
        case Kind::sqrt:
        case Kind::softmax:
            return {false, true};
        case Kind::multiply:
        case Kind::maximum:
        case Kind::minimum:
        case Kind::select:
        case Kind::at_least:
        case Kind::at_most:
        case Kind::gelu:
        case Kind::silu:
        case Kind::softplus:
        case Kind::log:
        case Kind::sin:
        case Kind::cos:
        case Kind::outer:
        case Kind::contract:
        case Kind::contract_columns:
        case Kind::scale_rows:
        case Kind::scale_columns:
        case Kind::product:
        case Kind::memory:
        case Kind::times:
            return {true, false};
        case Kind::divide:
        case Kind::quotient:
        case Kind::layer_norm:
        case Kind::rms_norm:
        case Kind::l2_norm:
            break;
    }
    return {true, true};
}

bool covers(Kind user) {
    return user != Kind::slice;
}

bool hands_on(const Node& user, Size k) {
    switch (user.kind) {
        case Kind::add:
        case Kind::shift:
        case Kind::plus:
            return true;
        case Kind::subtract:
            return k == 0;
        default:
            return false;
    }
}

}  // namespace unroll
