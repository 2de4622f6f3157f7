// The elementwise kernels of one kernel set: those of unroll/kernels/elementwise.h.
#pragma once

#include <tuple>

#include "unroll/kernels/elementwise.h"

/// X(result, name, parameters, arguments): each has the type and the meaning of the public function of its name.
#define UNROLL_ELEMENTWISE_KERNELS(X, Real)                                                                            \
    X(void, exp, (const Real* x, Real* y, Size n), (x, y, n))                                                          \
    X(void, sigmoid, (const Real* x, Real* y, Size n), (x, y, n))                                                      \
    X(void, tanh, (const Real* x, Real* y, Size n), (x, y, n))                                                         \
    X(void, relu, (const Real* x, Real* y, Size n), (x, y, n))                                                         \
    X(void, gelu, (const Real* x, Real* y, Size n), (x, y, n))                                                         \
    X(void, silu, (const Real* x, Real* y, Size n), (x, y, n))                                                         \
    X(void, softplus, (const Real* x, Real* y, Size n), (x, y, n))                                                     \
    X(void, log, (const Real* x, Real* y, Size n), (x, y, n))                                                          \
    X(void, sqrt, (const Real* x, Real* y, Size n), (x, y, n))                                                         \
    X(void, sin, (const Real* x, Real* y, Size n), (x, y, n))                                                          \
    X(void, cos, (const Real* x, Real* y, Size n), (x, y, n))                                                          \
    X(void, silu_backward, (const Real* x, const Real* dy, Real* dx, Size n), (x, dy, dx, n))                          \
    X(void, add, (const Real* a, const Real* b, Real* y, Size n), (a, b, y, n))                                        \
    X(void, subtract, (const Real* a, const Real* b, Real* y, Size n), (a, b, y, n))                                   \
    X(void, affine,                                                                                                    \
      (std::type_identity_t<Real> factor, std::type_identity_t<Real> term, const Real* x, Real* y, Size n, Into into), \
      (factor, term, x, y, n, into))                                                                                   \
    X(void, sigmoid_backward, (const Real* y, const Real* dy, Real* dx, Size n), (y, dy, dx, n))                       \
    X(void, tanh_backward, (const Real* y, const Real* dy, Real* dx, Size n), (y, dy, dx, n))                          \
    X(void, relu_backward, (const Real* y, const Real* dy, Real* dx, Size n), (y, dy, dx, n))                          \
    X(void, gelu_backward, (const Real* x, const Real* dy, Real* dx, Size n), (x, dy, dx, n))                          \
    X(void, multiply, (const Real* a, const Real* b, Real* y, Size n, Into into), (a, b, y, n, into))                  \
    X(void, axpy, (std::type_identity_t<Real> alpha, const Real* x, Real* y, Size n), (alpha, x, y, n))                \
    X(double, sum_of_squares, (const Real* x, Size n), (x, n))                                                         \
    X(Real, dot, (const Real* a, const Real* b, Size n), (a, b, n))

namespace unroll {

template <class Real>
struct ElementwiseKernels {
#define UNROLL_FIELD(result, name, parameters, arguments) result(*name) parameters;
    UNROLL_ELEMENTWISE_KERNELS(UNROLL_FIELD, Real)
#undef UNROLL_FIELD
    /// `key` is the stream's first number.
    void (*dropout)(const Real* x, Real* y, Size n, double probability, std::uint64_t key);
};

using ElementwiseSet = std::tuple<ElementwiseKernels<float>, ElementwiseKernels<double>>;

}  // namespace unroll
