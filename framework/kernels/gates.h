// The kernels of recurrent steps, of one kernel set. Each has the type and the meaning of the function of its name.
#pragma once

#include <tuple>

#include "unroll/kernels.h"

namespace unroll {

template <class Real>
struct GateKernels {
    decltype(&unroll::simple_recurrence<Real>) simple_recurrence;
    decltype(&unroll::simple_recurrence_backward<Real>) simple_recurrence_backward;
    decltype(&unroll::gated_memory<Real>) gated_memory;
    decltype(&unroll::gated_memory_backward<Real>) gated_memory_backward;
    decltype(&unroll::gated_interpolation<Real>) gated_interpolation;
    decltype(&unroll::gated_interpolation_backward<Real>) gated_interpolation_backward;
};

using GateSet = std::tuple<GateKernels<float>, GateKernels<double>>;

}  // namespace unroll
