// A model's weights, as everything that runs it takes them.
#pragma once

namespace unroll::model {

/// Weights and what Model::prepare made of them. Both are somebody else's and must outlive the call that takes them.
template <class Real>
struct Weights {
    const Real* values;    ///< (parameters().size())
    const Real* prepared;  ///< (prepared_size())
};

}  // namespace unroll::model
