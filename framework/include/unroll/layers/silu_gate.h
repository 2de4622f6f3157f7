// A product that is gated by SiLU, silu(g) ∘ v with silu(x) = x σ(x) (Elfwing et al. 2017), on idle cores too.
#pragma once

#include "unroll/kernels/elementwise.h"
#include "unroll/parallel.h"
#include "unroll/types.h"

namespace unroll::layers {

/// Calls body(first, n) for parts of n elements that stay in the first cache from one function to the next.
template <class Body>
void for_each_part(Size n, Body&& body) {
    constexpr Size part = 4096;
    parallel_for(n, 16384, [&](Size first, Size last) {
        for (; first < last; first += part) body(first, last - first < part ? last - first : part);
    });
}

/// y = silu(g) ∘ v; y is neither g nor v.
template <class Real>
void silu_gate(const Real* g, const Real* v, Real* y, Size n) {
    for_each_part(n, [&](Size first, Size count) {
        silu(g + first, y + first, count);
        multiply(y + first, v + first, y + first, count, Into::overwrite);
    });
}

/// From dy: dg, and dv, which may be dy.
template <class Real>
void silu_gate_backward(const Real* g, const Real* v, const Real* dy, Real* dg, Real* dv, Size n) {
    for_each_part(n, [&](Size first, Size count) {
        sigmoid(g + first, dg + first, count);
        for (Size j = first; j < first + count; ++j) {
            const Real s = dg[j], d = dy[j];
            dg[j] = d * v[j] * s * (1 + g[j] * (1 - s));
            dv[j] = d * g[j] * s;
        }
    });
}

}  // namespace unroll::layers
