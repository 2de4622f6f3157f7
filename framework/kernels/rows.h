// The kernels that work row by row, of one kernel set: those of unroll/kernels/{rows,attention}.h, and what samplers
// need.
#pragma once

#include <tuple>

#include "unroll/kernels/attention.h"
#include "unroll/kernels/rows.h"

/// X(result, name, parameters, arguments): each has the type and the meaning of the public function of its name.
#define UNROLL_ROW_KERNELS(X, Real)                                                                                 \
    X(void, add_bias, (const Real* bias, Real* x, Size rows, Size columns), (bias, x, rows, columns))               \
    X(void, add_bias_backward, (const Real* dy, Real* dbias, Size rows, Size columns), (dy, dbias, rows, columns))  \
    X(void, softmax, (const Real* x, Real* y, Size rows, Size columns), (x, y, rows, columns))                      \
    X(void, softmax_backward, (const Real* y, const Real* dy, Real* dx, Size rows, Size columns),                   \
      (y, dy, dx, rows, columns))                                                                                   \
    X(void, layer_norm,                                                                                             \
      (const Real* x, const Real* gain, const Real* bias, Real* y, Real* statistics, Size rows, Size columns),      \
      (x, gain, bias, y, statistics, rows, columns))                                                                \
    X(void, layer_norm_backward,                                                                                    \
      (const Real* x, const Real* gain, const Real* statistics, const Real* dy, Real* dx, Real* dgain, Real* dbias, \
       Size rows, Size columns),                                                                                    \
      (x, gain, statistics, dy, dx, dgain, dbias, rows, columns))                                                   \
    X(void, normalize, (const Real* x, Real* y, Size rows, Size columns, Normalization kind, double epsilon),       \
      (x, y, rows, columns, kind, epsilon))                                                                         \
    X(void, normalize_backward,                                                                                     \
      (const Real* x, const Real* y, const Real* dy, Real* dx, Size rows, Size columns, Normalization kind,         \
       double epsilon, Into into),                                                                                  \
      (x, y, dy, dx, rows, columns, kind, epsilon, into))                                                           \
    X(void, attend, (const AttentionStep<std::type_identity_t<Real>>& step, Real* weights, Size stride, Real* y),   \
      (step, weights, stride, y))                                                                                   \
    X(void, gather_rows, (const Real* table, const Token* tokens, Real* y, Size rows, Size columns, Into into),     \
      (table, tokens, y, rows, columns, into))                                                                      \
    X(void, gather_rows_backward, (const Token* tokens, const Real* dy, Real* dtable, Size rows, Size columns),     \
      (tokens, dy, dtable, rows, columns))

namespace unroll {

template <class Real>
struct RowKernels {
#define UNROLL_FIELD(result, name, parameters, arguments) result(*name) parameters;
    UNROLL_ROW_KERNELS(UNROLL_FIELD, Real)
#undef UNROLL_FIELD
};

/// y (n) = softmax(x / temperature), computed in double; false, and y of any content, when that is not a distribution.
bool softmax_at(const float* x, double temperature, double* y, Size n);

using RowSet = std::tuple<RowKernels<float>, RowKernels<double>, decltype(&softmax_at)>;

}  // namespace unroll
