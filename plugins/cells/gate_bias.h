// The bias of an LSTM's four stacked gates, of which the forget gate starts at a number of its own.
#pragma once

#include "unroll/cell.h"

namespace unroll {

/// Zeros, and `forget` in the second quarter: the order is input, forget, candidate, output.
inline Start gate_bias(Size hidden, double forget) {
    return [=](Size i, RandomStream&) { return i / hidden == 1 ? forget : 0.0; };
}

}  // namespace unroll
