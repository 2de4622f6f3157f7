// The kernels that work row by row, of one kernel set. Each has the type and the meaning of the function of its name.
#pragma once

#include <tuple>

#include "unroll/kernels.h"

namespace unroll {

template <class Real>
struct RowKernels {
    decltype(&unroll::add_bias<Real>) add_bias;
    decltype(&unroll::add_bias_backward<Real>) add_bias_backward;
    decltype(&unroll::softmax<Real>) softmax;
    decltype(&unroll::softmax_backward<Real>) softmax_backward;
    decltype(&unroll::layer_norm<Real>) layer_norm;
    decltype(&unroll::layer_norm_backward<Real>) layer_norm_backward;
    decltype(&unroll::attend<Real>) attend;
    decltype(&unroll::gather_rows<Real>) gather_rows;
    decltype(&unroll::gather_rows_backward<Real>) gather_rows_backward;
};

/// y (n) = softmax(x / temperature), computed in double; false, and y of any content, when that is not a distribution.
using SoftmaxAt = bool (*)(const float* x, double temperature, double* y, Size n);

using RowSet = std::tuple<RowKernels<float>, RowKernels<double>, SoftmaxAt>;

bool softmax_at(const float* x, double temperature, double* y, Size n);

}  // namespace unroll
