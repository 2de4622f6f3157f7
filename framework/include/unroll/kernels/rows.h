// Row by row: biases, softmax, layer normalisation, tables of rows. What all kernels promise stands in
// unroll/kernels.h.
#pragma once

#include "unroll/export.h"
#include "unroll/types.h"

namespace unroll {

/// x (rows, columns) += bias (columns).
template <class Real>
UNROLL_EXPORT void add_bias(const Real* bias, Real* x, Size rows, Size columns);
/// dbias (columns) += the sum of dy's rows, from the first to the last.
template <class Real>
UNROLL_EXPORT void add_bias_backward(const Real* dy, Real* dbias, Size rows, Size columns);

/// Each row of y = softmax(x's row), shifted by the row's maximum. An element of -infinity gets 0; a row of nothing
/// else is 0.
template <class Real>
UNROLL_EXPORT void softmax(const Real* x, Real* y, Size rows, Size columns);
/// dx = y (dy - Σ y dy), row by row.
template <class Real>
UNROLL_EXPORT void softmax_backward(const Real* y, const Real* dy, Real* dx, Size rows, Size columns);

/// y = gain (x - mean) / sqrt(variance + 1e-5) + bias, row by row; gain or bias may be null (1, 0).
/// `statistics` (rows, 2) receives each row's mean and 1/sqrt(variance + 1e-5).
template <class Real>
UNROLL_EXPORT void layer_norm(const Real* x, const Real* gain, const Real* bias, Real* y, Real* statistics, Size rows,
                              Size columns);
/// dx is overwritten; dgain and dbias are added to and may be null.
template <class Real>
UNROLL_EXPORT void layer_norm_backward(const Real* x, const Real* gain, const Real* statistics, const Real* dy,
                                       Real* dx, Real* dgain, Real* dbias, Size rows, Size columns);

/// y (rows, columns) = or += table (V, columns)[tokens]. Every token must be in [0, V).
template <class Real>
UNROLL_EXPORT void gather_rows(const Real* table, const Token* tokens, Real* y, Size rows, Size columns, Into into);
/// dtable[tokens[r]] += dy's row r, from the first row to the last.
template <class Real>
UNROLL_EXPORT void gather_rows_backward(const Token* tokens, const Real* dy, Real* dtable, Size rows, Size columns);

}  // namespace unroll
