// Matrices and their products. What all kernels promise stands in unroll/kernels.h.
#pragma once

#include <type_traits>

#include "unroll/export.h"
#include "unroll/types.h"

namespace unroll {

/// A view of somebody else's matrix: element (i, j) stands at data[i * row_stride + j * column_stride].
template <class Real>
struct Matrix {
    Real* data;
    Size rows, columns;
    Size row_stride, column_stride;

    Matrix(Real* first, Size height, Size width) : Matrix(first, height, width, width) {}
    Matrix(Real* first, Size height, Size width, Size row_step, Size column_step = 1)
        : data(first), rows(height), columns(width), row_stride(row_step), column_stride(column_step) {}

    Matrix transposed() const { return {data, columns, rows, column_stride, row_stride}; }
    operator Matrix<const Real>() const { return {data, rows, columns, row_stride, column_stride}; }
};

/// A matrix (K, N) rearranged once by `pack`, to be the right factor of many products.
template <class Real>
struct Packed {
    const Real* data;
    Size rows, columns;  ///< K, N of the matrix that was packed
};

/// Number of elements that `pack` writes for a (rows, columns) matrix. The same on every processor, and a multiple of
/// 16: arrays that follow one another from a 64-byte boundary each begin at one, where products are fastest.
UNROLL_EXPORT Size packed_size(Size rows, Size columns);

/// Rearranges `b` into `packed`, packed_size(b.rows, b.columns) elements; valid in this process only. Large ones use
/// idle cores.
template <class Real>
UNROLL_EXPORT Packed<Real> pack(std::type_identity_t<Matrix<const Real>> b, Real* packed);

/// c (M, N) = or += a (M, K) · b (K, N). `c` must have column_stride 1 and must not overlap a or b.
/// Each element of the product is one sum over k in a fixed order, independent of M, N, the element's position and
/// the number of threads: any split of rows or columns gives the same bits. Large products use idle cores.
/// Real is deduced from c alone, so that a Matrix<Real> is accepted for a and b.
template <class Real>
UNROLL_EXPORT void gemm(std::type_identity_t<Matrix<const Real>> a, std::type_identity_t<Matrix<const Real>> b,
                        Matrix<Real> c, Into into);
template <class Real>
UNROLL_EXPORT void gemm(std::type_identity_t<Matrix<const Real>> a, std::type_identity_t<Packed<Real>> b,
                        Matrix<Real> c, Into into);

}  // namespace unroll
