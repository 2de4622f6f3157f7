// The kernels of recurrent steps, of one kernel set: those of unroll/kernels/recurrent.h, for some of the sequences.
#pragma once

#include <tuple>

#include "unroll/kernels/recurrent.h"

/// X(name, Step, rows): the kernel `name` takes a Step<Real> and passes over `rows` · n elements of each sequence.
#define UNROLL_RECURRENT_KERNELS(X)                                     \
    X(rnn_step, RnnStep, 1)                                             \
    X(rnn_step_backward, RnnStepBackward, 1)                            \
    X(lstm_step, LstmStep, 4)                                           \
    X(lstm_step_backward, LstmStepBackward, 4)                          \
    X(gru_step, GruStep, 3)                                             \
    X(gru_step_backward, GruStepBackward, 3)                            \
    X(gru_reset_first_gates, GruResetFirstStep, 3)                      \
    X(gru_reset_first_candidate, GruResetFirstStep, 3)                  \
    X(gru_reset_first_candidate_backward, GruResetFirstStepBackward, 3) \
    X(gru_reset_first_gates_backward, GruResetFirstStepBackward, 3)

namespace unroll {

template <class Real>
struct RecurrentKernels {
#define UNROLL_FIELD(name, Step, rows) void (*name)(const Step<Real>& step, Size first, Size last);
    UNROLL_RECURRENT_KERNELS(UNROLL_FIELD)
#undef UNROLL_FIELD
};

using RecurrentSet = std::tuple<RecurrentKernels<float>, RecurrentKernels<double>>;

}  // namespace unroll
