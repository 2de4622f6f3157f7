// The elementwise kernels of one kernel set. Each has the type and the meaning of the function of its name.
#pragma once

#include <tuple>

#include "unroll/kernels.h"

namespace unroll {

template <class Real>
struct ElementwiseKernels {
    decltype(&unroll::exp<Real>) exp;
    decltype(&unroll::sigmoid<Real>) sigmoid;
    decltype(&unroll::tanh<Real>) tanh;
    decltype(&unroll::relu<Real>) relu;
    decltype(&unroll::gelu<Real>) gelu;
    decltype(&unroll::sigmoid_backward<Real>) sigmoid_backward;
    decltype(&unroll::tanh_backward<Real>) tanh_backward;
    decltype(&unroll::relu_backward<Real>) relu_backward;
    decltype(&unroll::gelu_backward<Real>) gelu_backward;
    decltype(&unroll::multiply<Real>) multiply;
    void (*dropout)(const Real* x, Real* y, Size n, double probability, std::uint64_t key);
    decltype(&unroll::axpy<Real>) axpy;
    decltype(&unroll::sum_of_squares<Real>) sum_of_squares;
    decltype(&unroll::dot<Real>) dot;
};

using ElementwiseSet = std::tuple<ElementwiseKernels<float>, ElementwiseKernels<double>>;

}  // namespace unroll
