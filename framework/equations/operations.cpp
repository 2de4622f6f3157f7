// The table of operations.
#include "equations/operations.h"

namespace unroll {

template <class Real>
Operation<Real> Operations<Real>::of(Node::Kind kind) {
    using Kind = Node::Kind;
    switch (kind) {
        case Kind::input:
        case Kind::state:
        case Kind::product:
        case Kind::lookup:
        case Kind::memory:
            break;
        case Kind::constant:
            return {&constant, nullptr};
        case Kind::weight:
            return {&weight, &weight_backward};
        case Kind::broadcast:
            return {&broadcast, &broadcast_backward};
        case Kind::add:
            return {&add, &add_backward};
        case Kind::subtract:
            return {&subtract, &subtract_backward};
        case Kind::multiply:
            return {&multiply, &multiply_backward};
        case Kind::divide:
            return {&divide, &divide_backward};
        case Kind::maximum:
            return {&maximum, &maximum_backward};
        case Kind::minimum:
            return {&minimum, &minimum_backward};
        case Kind::select:
            return {&select, &select_backward};
        case Kind::shift:
            return {&shift, &pass_back};
        case Kind::scale:
            return {&scale, &scale_backward};
        case Kind::quotient:
            return {&quotient, &quotient_backward};
        case Kind::at_least:
            return {&at_least, &at_least_backward};
        case Kind::at_most:
            return {&at_most, &at_most_backward};
        case Kind::sigmoid:
            return {&apply<&unroll::sigmoid<Real>>, &slope_of_y<&unroll::sigmoid_backward<Real>>};
        case Kind::tanh:
            return {&apply<&unroll::tanh<Real>>, &slope_of_y<&unroll::tanh_backward<Real>>};
        case Kind::relu:
            return {&apply<&unroll::relu<Real>>, &slope_of_y<&unroll::relu_backward<Real>>};
        case Kind::gelu:
            return {&apply<&unroll::gelu<Real>>, &slope_of_x<&unroll::gelu_backward<Real>>};
        case Kind::silu:
            return {&apply<&unroll::silu<Real>>, &slope_of_x<&unroll::silu_backward<Real>>};
        case Kind::softplus:
            return {&apply<&unroll::softplus<Real>>, &softplus_backward};
        case Kind::exp:
            return {&apply<&unroll::exp<Real>>, &exp_backward};
        case Kind::log:
            return {&apply<&unroll::log<Real>>, &log_backward};
        case Kind::sqrt:
            return {&apply<&unroll::sqrt<Real>>, &sqrt_backward};
        case Kind::sin:
            return {&apply<&unroll::sin<Real>>, &sin_backward};
        case Kind::cos:
            return {&apply<&unroll::cos<Real>>, &cos_backward};
        case Kind::softmax:
            return {&softmax, &softmax_backward};
        case Kind::layer_norm:
            return {&normalize<Normalization::layer>, &normalize_backward<Normalization::layer>};
        case Kind::rms_norm:
            return {&normalize<Normalization::rms>, &normalize_backward<Normalization::rms>};
        case Kind::l2_norm:
            return {&normalize<Normalization::l2>, &normalize_backward<Normalization::l2>};
        case Kind::sum:
            return {&sum, &sum_backward};
        case Kind::repeat:
            return {&repeat, &repeat_backward};
        case Kind::slice:
            return {&slice, &slice_backward};
        case Kind::concatenate:
            return {&concatenate, &concatenate_backward};
        case Kind::outer:
            return {&outer, &outer_backward};
        case Kind::contract:
            return {&contract, &contract_backward};
        case Kind::contract_columns:
            return {&contract_columns, &contract_columns_backward};
        case Kind::scale_rows:
            return {&scale_rows, &scale_rows_backward};
        case Kind::scale_columns:
            return {&scale_columns, &scale_columns_backward};
        case Kind::plus:
            return {&plus, &plus_backward};
        case Kind::times:
            return {&times, &times_backward};
    }
    return {};
}

template struct Operations<float>;
template struct Operations<double>;

}  // namespace unroll
