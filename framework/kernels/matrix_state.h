// The kernels of matrix states, of one kernel set: those of unroll/kernels/matrix_state.h.
#pragma once

#include <tuple>

#include "unroll/kernels/matrix_state.h"

/// X(name): each has the parameters (const Real*, const Real*, Real*, Size n, Size m, Into).
#define UNROLL_MATRIX_STATE_KERNELS(X) \
    X(outer)                           \
    X(contract)                        \
    X(contract_columns)                \
    X(scale_rows)                      \
    X(scale_columns)                   \
    X(row_dots)                        \
    X(column_dots)

namespace unroll {

template <class Real>
struct MatrixStateKernels {
#define UNROLL_FIELD(name) void (*name)(const Real* a, const Real* b, Real* y, Size n, Size m, Into into);
    UNROLL_MATRIX_STATE_KERNELS(UNROLL_FIELD)
#undef UNROLL_FIELD
};

using MatrixStateSet = std::tuple<MatrixStateKernels<float>, MatrixStateKernels<double>>;

}  // namespace unroll
