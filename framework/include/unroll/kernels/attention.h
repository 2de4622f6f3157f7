// One step of attention over a cache of keys and values. What all kernels promise stands in unroll/kernels.h.
#pragma once

#include <type_traits>

#include "unroll/export.h"
#include "unroll/types.h"

namespace unroll {

/// One step of multi-head attention over a cache: each head, `width` wide, has one query, and looks at the `past`
/// positions before it and at its own. Heads may share keys and values in groups: `kv_heads` of them then, and head h
/// reads those of h / (heads / kv_heads).
template <class Real>
struct AttentionStep {
    Size heads, width;
    const Real *query, *key, *value;  ///< this step's, (heads · width), the query scaled; key, value (kv_heads · width)
    Size past;                        ///< 0: keys and values may be null
    const Real* keys;              ///< (kv_heads · width, context), of whose columns the first `past` mean something
    const Real* values;            ///< (past, kv_heads · width)
    Size context;                  ///< >= past
    Size kv_heads = 0;             ///< divides heads; 0: as many as heads
    const Real* slopes = nullptr;  ///< (heads) what a score loses for each step of distance; null: nothing
};
/// y (heads · width) = head by head Σ w_p value_p with w = softmax(query · key_p - slope · distance), the step's own
/// position last.
/// `weights` receives each head's past + 1 weights, from weights + head · stride on (stride > past).
template <class Real>
UNROLL_EXPORT void attend(const AttentionStep<std::type_identity_t<Real>>& step, Real* weights, Size stride, Real* y);

}  // namespace unroll
