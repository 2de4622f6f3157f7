// Products: what the kernels of every set are asked for, and what they share.
#pragma once

#include <tuple>

#include "unroll/kernels.h"

namespace unroll {

constexpr Size block_depth = 256;  // part of what defines a sum: never changed by processor, type or shape
constexpr Size block_panels = 16;  // brought into order at once

/// Are the rows of a left factor multiplied where they stand, and not brought into order first? If they are further
/// apart, those of a tile get into each other's way in the first cache, which has few places for addresses that differ
/// by a multiple of its pages.
template <class Real>
bool reads_rows(const Matrix<const Real>& a) {
    constexpr Size far_bytes = 2048;
    return a.column_stride == 1 && (a.rows == 1 || a.row_stride * sizeof(Real) <= far_bytes);
}

template <class Real>
Matrix<Real> part(const Matrix<Real>& m, Size row, Size rows, Size column, Size columns) {
    return {m.data + row * m.row_stride + column * m.column_stride, rows, columns, m.row_stride, m.column_stride};
}

/// What one target offers. Nothing of it uses other threads.
template <class Real>
struct ProductKernels {
    Size panel_width, tile_rows;  ///< where a product may be cut so that no work is wasted
    void (*pack)(const Matrix<const Real>& b, Real* packed);
    /// c = or += columns [k, k + b.rows) of a times columns [first, first + c.columns) of b; `first` begins a panel.
    /// The columns of a behind those are wanted next, and fetched.
    void (*multiply_packed)(const Matrix<const Real>& a, Size k, const Packed<Real>& b, Size first,
                            const Matrix<Real>& c, Into into);
    /// Reads b where it stands, by rows: what pays for few rows of a.
    void (*multiply_in_place)(const Matrix<const Real>& a, const Matrix<const Real>& b, const Matrix<Real>& c,
                              Into into);
};

using ProductSet = std::tuple<ProductKernels<float>, ProductKernels<double>>;

}  // namespace unroll
