// SiLU, x σ(x) (Elfwing et al. 2017), as torch.nn.SiLU, and a product gated by it. Large arrays use idle cores.
#pragma once

#include "unroll/kernels/elementwise.h"
#include "unroll/parallel.h"
#include "unroll/types.h"

namespace unroll::layers {

namespace detail {

/// Calls body(first, n) for parts of n elements that stay in the first cache.
template <class Body>
void for_each_part(Size n, Body&& body) {
    constexpr Size part = 4096;
    parallel_for(n, 16384, [&](Size first, Size last) {
        for (; first < last; first += part) body(first, last - first < part ? last - first : part);
    });
}

}  // namespace detail

/// y = x σ(x); not the same array.
template <class Real>
void silu(const Real* x, Real* y, Size n) {
    detail::for_each_part(n, [&](Size first, Size count) {
        sigmoid(x + first, y + first, count);
        multiply(x + first, y + first, y + first, count, Into::overwrite);
    });
}

/// dx = dy σ(x) (1 + x (1 - σ(x))); dx is neither x nor dy.
template <class Real>
void silu_backward(const Real* x, const Real* dy, Real* dx, Size n) {
    detail::for_each_part(n, [&](Size first, Size count) {
        sigmoid(x + first, dx + first, count);
        for (Size j = first; j < first + count; ++j) dx[j] = dy[j] * dx[j] * (1 + x[j] * (1 - dx[j]));
    });
}

/// y = g σ(g) ∘ v; y is neither g nor v.
template <class Real>
void silu_gate(const Real* g, const Real* v, Real* y, Size n) {
    silu(g, y, n);
    detail::for_each_part(
        n, [&](Size first, Size count) { multiply(y + first, v + first, y + first, count, Into::overwrite); });
}

/// From dy: dg, and dv, which may be dy.
template <class Real>
void silu_gate_backward(const Real* g, const Real* v, const Real* dy, Real* dg, Real* dv, Size n) {
    detail::for_each_part(n, [&](Size first, Size count) {
        sigmoid(g + first, dg + first, count);
        for (Size j = first; j < first + count; ++j) {
            const Real s = dg[j], d = dy[j];
            dg[j] = d * v[j] * s * (1 + g[j] * (1 - s));
            dv[j] = d * g[j] * s;
        }
    });
}

}  // namespace unroll::layers
