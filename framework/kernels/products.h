// The product kernels of one kernel set.
#pragma once

#include <tuple>

#include "unroll/kernels.h"

namespace unroll {

template <class Real>
struct ProductKernels {
    Size panel_width, tile_rows;  ///< where a product may be cut so that no work is wasted
    void (*pack)(const Matrix<const Real>& b, Real* packed);
    /// Columns [first, first + c.columns) of a · b on this thread; `first` is a multiple of panel_width.
    void (*multiply_packed)(const Matrix<const Real>& a, const Packed<Real>& b, Size first, const Matrix<Real>& c,
                            Into into);
    void (*multiply_loose)(const Matrix<const Real>& a, const Matrix<const Real>& b, const Matrix<Real>& c, Into into);
};

using ProductSet = std::tuple<ProductKernels<float>, ProductKernels<double>>;

}  // namespace unroll
