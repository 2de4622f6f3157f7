// Elementwise functions of n values, their derivatives, and sums over them. What all kernels promise stands in
// unroll/kernels.h.
//
// An element's result does not depend on where it stands. Where a result is below the smallest normal number it may be
// 0.
#pragma once

#include <type_traits>

#include "unroll/export.h"
#include "unroll/random.h"
#include "unroll/types.h"

namespace unroll {

template <class Real>
UNROLL_EXPORT void exp(const Real* x, Real* y, Size n);  ///< error below 4 ulp
template <class Real>
UNROLL_EXPORT void sigmoid(const Real* x, Real* y, Size n);  ///< y = 1 / (1 + exp(-x)), error below 4 ulp
template <class Real>
UNROLL_EXPORT void tanh(const Real* x, Real* y, Size n);  ///< error below 4 ulp
template <class Real>
UNROLL_EXPORT void relu(const Real* x, Real* y, Size n);
template <class Real>
UNROLL_EXPORT void gelu(const Real* x, Real* y, Size n);  ///< x Φ(x), PyTorch's default; error below 12 ulp

template <class Real>
UNROLL_EXPORT void silu(const Real* x, Real* y, Size n);  ///< x σ(x), error below 6 ulp
template <class Real>
UNROLL_EXPORT void softplus(const Real* x, Real* y, Size n);  ///< log(1 + exp(x)), error below 6 ulp
template <class Real>
UNROLL_EXPORT void log(const Real* x, Real* y, Size n);  ///< error below 4 ulp, or epsilon / 2 near 1
template <class Real>
UNROLL_EXPORT void sqrt(const Real* x, Real* y, Size n);  ///< correctly rounded
template <class Real>
UNROLL_EXPORT void sin(const Real* x, Real* y, Size n);  ///< error below 2 epsilon for |x| <= 30,000
template <class Real>
UNROLL_EXPORT void cos(const Real* x, Real* y, Size n);  ///< as sin

/// dx = dy f'(x), with f' computed from y = f(x).
template <class Real>
UNROLL_EXPORT void sigmoid_backward(const Real* y, const Real* dy, Real* dx, Size n);
template <class Real>
UNROLL_EXPORT void tanh_backward(const Real* y, const Real* dy, Real* dx, Size n);
template <class Real>
UNROLL_EXPORT void relu_backward(const Real* y, const Real* dy, Real* dx, Size n);
/// dx = dy f'(x); unlike the others they need x. The error of f' is below 4 epsilon.
template <class Real>
UNROLL_EXPORT void gelu_backward(const Real* x, const Real* dy, Real* dx, Size n);
template <class Real>
UNROLL_EXPORT void silu_backward(const Real* x, const Real* dy, Real* dx, Size n);

template <class Real>
UNROLL_EXPORT void add(const Real* a, const Real* b, Real* y, Size n);  ///< y = a + b
template <class Real>
UNROLL_EXPORT void subtract(const Real* a, const Real* b, Real* y, Size n);  ///< y = a - b

template <class Real>
UNROLL_EXPORT void multiply(const Real* a, const Real* b, Real* y, Size n, Into into);  ///< y = or += a b
/// Drops: y = x / (1 - probability) where the mask is 1, 0 elsewhere. The mask depends on `stream` and the element's
/// index alone, so the same call on dy is the backward. `stream` is copied.
template <class Real>
UNROLL_EXPORT void dropout(const Real* x, Real* y, Size n, double probability, RandomStream stream);
/// y = factor x + term, or added to y.
template <class Real>
UNROLL_EXPORT void affine(std::type_identity_t<Real> factor, std::type_identity_t<Real> term, const Real* x, Real* y,
                          Size n, Into into);
template <class Real>
UNROLL_EXPORT void axpy(std::type_identity_t<Real> alpha, const Real* x, Real* y, Size n);  ///< y += alpha x

template <class Real>
UNROLL_EXPORT double sum_of_squares(const Real* x, Size n);  ///< in double, fixed order
template <class Real>
UNROLL_EXPORT Real dot(const Real* a, const Real* b, Size n);  ///< fixed order

}  // namespace unroll
