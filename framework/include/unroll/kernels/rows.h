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

/// What a row is divided by, n its elements and ε a number given: `layer` subtracts the row's mean first, and divides
/// by √(variance + ε); `rms` divides by √(Σ x² / n + ε), `l2` by √(Σ x² + ε).
enum class Normalization { layer, rms, l2 };

/// y (rows, columns) = x normalized, row by row.
template <class Real>
UNROLL_EXPORT void normalize(const Real* x, Real* y, Size rows, Size columns, Normalization kind, double epsilon);
/// dx = or += the gradient, from x and y.
template <class Real>
UNROLL_EXPORT void normalize_backward(const Real* x, const Real* y, const Real* dy, Real* dx, Size rows, Size columns,
                                      Normalization kind, double epsilon, Into into);

/// y (rows, columns) = or += table (V, columns)[tokens]. Every token must be in [0, V).
template <class Real>
UNROLL_EXPORT void gather_rows(const Real* table, const Token* tokens, Real* y, Size rows, Size columns, Into into);
/// dtable[tokens[r]] += dy's row r, from the first row to the last.
template <class Real>
UNROLL_EXPORT void gather_rows_backward(const Token* tokens, const Real* dy, Real* dtable, Size rows, Size columns);

}  // namespace unroll
