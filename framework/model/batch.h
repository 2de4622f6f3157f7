// One batch of sequences with what is to be predicted.
#pragma once

#include <vector>

#include "unroll/types.h"

namespace unroll::model {

/// What an encoder reads first.
template <class Real>
struct Source {
    Size T = 0;                 ///< 0: there is none
    std::vector<Token> tokens;  ///< (T, B)
    std::vector<Real> reals;    ///< (T, B, D)
    std::vector<Size> lengths;  ///< (B); empty: every sequence has T steps
};

/// Arrays are time-major; those that the task does not have are empty.
template <class Real>
struct Batch {
    Size T = 0, B = 0;
    Source<Real> source;        ///< B sequences
    std::vector<Token> tokens;  ///< (T, B) inputs; after a source, what the decoder is fed: the targets one step late
    std::vector<Real> reals;    ///< (T, B, D) inputs
    std::vector<Token> target_tokens;  ///< (T, B)
    std::vector<Real> target_reals;    ///< (T, B, width)
    std::vector<float> weights;        ///< (T, B) 1: this position's prediction counts; 0: it does not
    std::vector<Size> lengths;         ///< (B); empty: every sequence has T steps
    Size predictions = 0;              ///< positions with a weight
};

}  // namespace unroll::model
