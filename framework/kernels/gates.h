// The kernels of recurrent steps, of one kernel set. Each has the type and the meaning of the function of its name.
#pragma once

#include <tuple>

#include "unroll/kernels.h"

namespace unroll {

template <class Real>
struct GateKernels {
    decltype(&unroll::rnn_step<Real>) rnn_step;
    decltype(&unroll::rnn_step_backward<Real>) rnn_step_backward;
    decltype(&unroll::lstm_step<Real>) lstm_step;
    decltype(&unroll::lstm_step_backward<Real>) lstm_step_backward;
    decltype(&unroll::gru_step<Real>) gru_step;
    decltype(&unroll::gru_step_backward<Real>) gru_step_backward;
};

using GateSet = std::tuple<GateKernels<float>, GateKernels<double>>;

}  // namespace unroll
