// Kernels of cells whose state is a matrix.
#include "unroll/kernels/matrix_state.h"
#include "kernels/targets.h"
#include "unroll/kernels/processor.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/matrix_state.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/matrix_state.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

/// y[j] = or += f(in[j]…).
template <class Real, class F, class... In>
HWY_INLINE void map_into(Size n, Real* y, Into into, F f, const In*... in) {
    if (into == Into::overwrite)
        map(n, y, f, in...);
    else
        map(
            n, y, [f](auto d, auto before, auto... v) HWY_ATTR { return hn::Add(before, f(d, v...)); }, y, in...);
}

template <class Real>
HWY_INLINE void put(Real value, Real* y, Into into) {
    *y = into == Into::overwrite ? value : *y + value;
}

template <class Real>
void outer(const Real* k, const Real* v, Real* S, Size n, Size m, Into into) {
    for (Size i = 0; i < n; ++i) {
        const Real factor = k[i];
        if (into == Into::overwrite)
            map(
                m, S + i * m, [factor](auto d, auto u) HWY_ATTR { return hn::Mul(hn::Set(d, factor), u); }, v);
        else
            map(
                m, S + i * m,
                [factor](auto d, auto u, auto before) HWY_ATTR { return hn::MulAdd(hn::Set(d, factor), u, before); }, v,
                static_cast<const Real*>(S + i * m));
    }
}

/// Column by column, a vector of them at a time: y[j] = or += Σ_i term(i, j), even and odd rows apart.
template <class Real, class Term>
HWY_INLINE void down_columns(Real* y, Size n, Size m, Into into, Term term) {
    const hn::ScalableTag<Real> d;
    for_each_vector<Real>(m, [&](auto at) HWY_ATTR {
        auto even = hn::Zero(d), odd = even;
        Size i = 0;
        for (; i + 2 <= n; i += 2) {
            even = term(d, at, i, even);
            odd = term(d, at, i + 1, odd);
        }
        if (i < n) even = term(d, at, i, even);
        const auto total = hn::Add(even, odd);
        at.store(d, into == Into::overwrite ? total : hn::Add(at.load(d, y), total), y);
    });
}

template <class Real>
void contract(const Real* q, const Real* S, Real* y, Size n, Size m, Into into) {
    down_columns(y, n, m, into, [=](auto d, auto at, Size i, auto before) HWY_ATTR {
        return hn::MulAdd(hn::Set(d, q[i]), at.load(d, S + i * m), before);
    });
}

template <class Real>
void column_dots(const Real* A, const Real* B, Real* y, Size n, Size m, Into into) {
    down_columns(y, n, m, into, [=](auto d, auto at, Size i, auto before) HWY_ATTR {
        return hn::MulAdd(at.load(d, A + i * m), at.load(d, B + i * m), before);
    });
}

template <class Real>
HWY_INLINE Real row_dot(const Real* a, const Real* b, Size m) {
    return sum<Real>(
        m, [](auto, auto u, auto v) HWY_ATTR { return hn::Mul(u, v); }, a, b);
}

template <class Real>
void contract_columns(const Real* S, const Real* v, Real* y, Size n, Size m, Into into) {
    for (Size i = 0; i < n; ++i) put(row_dot(S + i * m, v, m), y + i, into);
}

template <class Real>
void row_dots(const Real* A, const Real* B, Real* y, Size n, Size m, Into into) {
    for (Size i = 0; i < n; ++i) put(row_dot(A + i * m, B + i * m, m), y + i, into);
}

template <class Real>
void scale_rows(const Real* S, const Real* a, Real* y, Size n, Size m, Into into) {
    for (Size i = 0; i < n; ++i) {
        const Real factor = a[i];
        map_into(
            m, y + i * m, into, [factor](auto d, auto u) HWY_ATTR { return hn::Mul(hn::Set(d, factor), u); },
            S + i * m);
    }
}

template <class Real>
void scale_columns(const Real* S, const Real* b, Real* y, Size n, Size m, Into into) {
    for (Size i = 0; i < n; ++i)
        map_into(
            m, y + i * m, into, [](auto, auto u, auto v) HWY_ATTR { return hn::Mul(u, v); }, S + i * m, b);
}

template <class Real>
constexpr MatrixStateKernels<Real> kernels = {
#define UNROLL_ENTRY(name) .name = &name<Real>,
    UNROLL_MATRIX_STATE_KERNELS(UNROLL_ENTRY)
#undef UNROLL_ENTRY
};

}  // namespace

const MatrixStateSet& matrix_state_set() {
    static constexpr MatrixStateSet set = {kernels<float>, kernels<double>};
    return set;
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
namespace {

HWY_EXPORT(matrix_state_set);

template <class Real>
const MatrixStateKernels<Real>& kernels() {
    static const MatrixStateSet& set = (kernel_set(), HWY_DYNAMIC_DISPATCH(matrix_state_set)());
    return std::get<MatrixStateKernels<Real>>(set);
}

}  // namespace

#define UNROLL_DEFINE(name)                                                       \
    template <class Real>                                                         \
    void name(const Real* a, const Real* b, Real* y, Size n, Size m, Into into) { \
        kernels<Real>().name(a, b, y, n, m, into);                                \
    }                                                                             \
    template void name(const float*, const float*, float*, Size, Size, Into);     \
    template void name(const double*, const double*, double*, Size, Size, Into);
UNROLL_MATRIX_STATE_KERNELS(UNROLL_DEFINE)
#undef UNROLL_DEFINE

}  // namespace unroll
#endif
