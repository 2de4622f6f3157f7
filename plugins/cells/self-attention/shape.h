// What the parts of a transformer layer agree on, and small helpers that they share.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "unroll/cell.h"
#include "unroll/layers.h"
#include "unroll/parallel.h"

namespace unroll::self_attention {

using namespace layers;

struct Shape {
    Size H, heads;
    bool causal;
    Size context;       ///< the most steps of a causal layer's sequences
    Size source;        ///< M, the width of what is attended to across; 0: none
    Size source_steps;  ///< the most that a source has
    Bias bias;
    bool dropping;  ///< training may drop attention weights

    Size head_width() const { return H / heads; }
    /// Keys that a query of a call of T steps may see.
    Size columns(Size T) const { return causal ? context : T; }

    /// A causal layer's state: position, keys and values of its own steps, then those of the source.
    Size own_state_size() const { return causal ? 1 + 2 * context * H : 0; }
    Size source_state_size() const { return causal && source > 0 ? 2 * source_steps * H : 0; }
    Size state_size() const { return own_state_size() + source_state_size(); }

    /// Steps that came before this call.
    template <class Real>
    Size past(const Forward<Real>& call, Size b) const {
        return call.state && causal ? static_cast<Size>(std::lround(std::max(Real{0}, call.state[b * state_size()])))
                                    : 0;
    }
};

/// Calls body(item, scratch) for each sequence and head, on idle cores too. Each part of the work has scratch of its
/// own.
template <class Real, class Body>
void for_each_head(Size items, Size products, Real* scratch, Size scratch_size, Body&& body) {
    parallel_for(items, 1 + 100'000 / (products + 1), [&](Size first, Size last) {
        for (Size item = first; item < last; ++item) body(item, scratch + first * scratch_size);
    });
}

template <class Real>
void scale(Real factor, Real* x, Size n) {
    for (Size j = 0; j < n; ++j) x[j] *= factor;
}

}  // namespace unroll::self_attention
