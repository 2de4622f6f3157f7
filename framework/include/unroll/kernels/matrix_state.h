// What cells do with a matrix as state: outer products, contractions, decay by rows and columns. What all kernels
// promise stands in unroll/kernels.h.
//
// S, A, B are (n, m), row-major. The order of every sum depends on n and m alone. An output must not be an input, but
// for scale_rows and scale_columns.
#pragma once

#include "unroll/export.h"
#include "unroll/types.h"

namespace unroll {

template <class Real>
UNROLL_EXPORT void outer(const Real* k, const Real* v, Real* S, Size n, Size m, Into into);  ///< S_ij = or += k_i v_j
template <class Real>
UNROLL_EXPORT void contract(const Real* q, const Real* S, Real* y, Size n, Size m, Into into);  ///< y = or += qᵀ S
template <class Real>
UNROLL_EXPORT void contract_columns(const Real* S, const Real* v, Real* y, Size n, Size m, Into into);  ///< … S v
template <class Real>
UNROLL_EXPORT void scale_rows(const Real* S, const Real* a, Real* y, Size n, Size m, Into into);  ///< … diag(a) S
template <class Real>
UNROLL_EXPORT void scale_columns(const Real* S, const Real* b, Real* y, Size n, Size m, Into into);  ///< … S diag(b)
/// y_i = or += Σ_j A_ij B_ij, and y_j = or += Σ_i A_ij B_ij: the gradients of what scales rows and columns.
template <class Real>
UNROLL_EXPORT void row_dots(const Real* A, const Real* B, Real* y, Size n, Size m, Into into);
template <class Real>
UNROLL_EXPORT void column_dots(const Real* A, const Real* B, Real* y, Size n, Size m, Into into);

}  // namespace unroll
