// Recurrent steps: everything that a step does beside its products, in one pass over a sequence's row.
//
// A row of sums lies in the cache when its product has been made. Each element is loaded once, added up, activated,
// combined and stored while it is in a register; one pass for the bias, one for each activation and one for the state
// would take several times as long.
#include "kernels/targets.h"
#include "unroll/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gates.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/gates.h"
#include "kernels/math-inl.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

template <class D>
HWY_INLINE hn::Vec<D> one(D d) {
    return hn::Set(d, hn::TFromD<D>{1});
}

// ---- What squashes a sum, and its slope as a function of the result ---------------------------------------------

struct Logistic {
    template <class D, class V>
    HWY_INLINE V operator()(D d, V x) const {
        return logistic(d, x);
    }
    template <class D, class V>
    HWY_INLINE V slope(D, V y) const {
        return hn::NegMulAdd(y, y, y);
    }
};

/// clip(0.2 x + 0.5, 0, 1)
struct HardLogistic {
    template <class D, class V>
    HWY_INLINE V operator()(D d, V x) const {
        using Real = hn::TFromD<D>;
        const V line = hn::MulAdd(hn::Set(d, static_cast<Real>(0.2)), x, hn::Set(d, static_cast<Real>(0.5)));
        return hn::IfThenElse(hn::Lt(line, hn::Zero(d)), hn::Zero(d),
                              hn::IfThenElse(hn::Gt(line, one(d)), one(d), line));
    }
    template <class D, class V>
    HWY_INLINE V slope(D d, V y) const {
        const auto inside = hn::And(hn::Gt(y, hn::Zero(d)), hn::Lt(y, one(d)));
        return hn::IfThenElseZero(inside, hn::Set(d, static_cast<hn::TFromD<D>>(0.2)));
    }
};

struct Tanh {
    template <class D, class V>
    HWY_INLINE V operator()(D d, V x) const {
        return hyperbolic_tangent(d, x);
    }
    template <class D, class V>
    HWY_INLINE V slope(D d, V y) const {
        return hn::NegMulAdd(y, y, one(d));
    }
};

struct Relu {
    template <class D, class V>
    HWY_INLINE V operator()(D d, V x) const {
        return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
    }
    template <class D, class V>
    HWY_INLINE V slope(D d, V y) const {
        return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), one(d));
    }
};

/// Calls body(f) with the function that is named.
template <class Body>
HWY_INLINE void with(Activation squash, Body body) {
    switch (squash) {
        case Activation::sigmoid:
            return body(Logistic());
        case Activation::hard_sigmoid:
            return body(HardLogistic());
        case Activation::tanh:
            return body(Tanh());
        case Activation::relu:
            return body(Relu());
    }
}

/// On the way back the rows come from a cache far away, where forward left them long ago. Sequences' rows follow one another,
/// so those of the sequence that is so many after this one are fetched.
constexpr Size ahead = 2;

// ---- Steps ------------------------------------------------------------------------------------------------------

template <class Real>
void rnn_step(Activation squash, const Real* sums, const Real* added, Real* h, Size n) {
    with(squash, [=](auto f) HWY_ATTR {
        map(
            n, h, [f](auto d, auto u, auto v) HWY_ATTR { return f(d, hn::Add(u, v)); }, sums, added);
    });
}

template <class Real>
void rnn_step_backward(Activation squash, const Real* h, const Real* dy, const Real* dh, Real* dsums, Size n) {
    const hn::ScalableTag<Real> d;
    with(squash, [=](auto f) HWY_ATTR {
        for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
            const auto total = hn::Add(at.load(d, dy), at.load_if(d, dh));
            at.store(d, hn::Mul(total, f.slope(d, at.load(d, h))), dsums);
        });
    });
}

template <class Real>
void lstm_step(Activation squash, const Real* added, const Real* c_before, Real* gates, Real* c, Real* h, Size n) {
    const hn::ScalableTag<Real> d;
    with(squash, [=](auto s) HWY_ATTR {
        for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
            const auto sum = [=](Size gate) HWY_ATTR {
                return hn::Add(at.load(d, gates + gate * n), at.load(d, added + gate * n));
            };
            const auto i = s(d, sum(0)), f = s(d, sum(1)), g = hyperbolic_tangent(d, sum(2)), o = s(d, sum(3));
            const auto memory = hn::MulAdd(f, at.load_if(d, c_before), hn::Mul(i, g));
            at.store(d, i, gates);
            at.store(d, f, gates + n);
            at.store(d, g, gates + 2 * n);
            at.store(d, o, gates + 3 * n);
            at.store(d, memory, c);
            at.store(d, hn::Mul(o, hyperbolic_tangent(d, memory)), h);
        });
    });
}

template <class Real>
void lstm_step_backward(Activation squash, const Real* gates, const Real* c_before, const Real* c, const Real* dy,
                        const Real* dh, const Real* dc, Real* dgates, Real* dc_before, Size n) {
    const hn::ScalableTag<Real> d;
    with(squash, [=](auto s) HWY_ATTR {
        for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
            for (Size k = 0; k < 4; ++k) at.fetch(gates + (4 * ahead + k) * n);
            at.fetch(c + ahead * n), at.fetch(dy + ahead * n);
            const auto i = at.load(d, gates), f = at.load(d, gates + n);
            const auto g = at.load(d, gates + 2 * n), o = at.load(d, gates + 3 * n);
            const auto tanh_c = hyperbolic_tangent(d, at.load(d, c));
            const auto total = hn::Add(at.load(d, dy), at.load_if(d, dh));
            const auto slope_c = hn::NegMulAdd(tanh_c, tanh_c, one(d));
            const auto memory = hn::MulAdd(hn::Mul(total, o), slope_c, at.load_if(d, dc));
            at.store(d, hn::Mul(hn::Mul(memory, g), s.slope(d, i)), dgates);
            at.store(d, hn::Mul(hn::Mul(memory, at.load_if(d, c_before)), s.slope(d, f)), dgates + n);
            at.store(d, hn::Mul(hn::Mul(memory, i), hn::NegMulAdd(g, g, one(d))), dgates + 2 * n);
            at.store(d, hn::Mul(hn::Mul(total, tanh_c), s.slope(d, o)), dgates + 3 * n);
            at.store(d, hn::Mul(memory, f), dc_before);
        });
    });
}

template <class Real>
void gru_step(const Real* hidden, const Real* bias, const Real* x, const Real* added, const Real* h_before, Real* gates,
              Real* reset, Real* h, Size n) {
    const hn::ScalableTag<Real> d;
    const Real *x_z = x ? x + n : nullptr, *x_n = x ? x + 2 * n : nullptr;
    for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
        const auto input_r = hn::Add(at.load_if(d, x), at.load(d, added));
        const auto input_z = hn::Add(at.load_if(d, x_z), at.load(d, added + n));
        const auto input_n = hn::Add(at.load_if(d, x_n), at.load(d, added + 2 * n));
        const auto r = logistic(d, hn::Add(input_r, at.load(d, hidden)));
        const auto z = logistic(d, hn::Add(input_z, at.load(d, hidden + n)));
        const auto m = hn::Add(at.load(d, hidden + 2 * n), at.load(d, bias));
        const auto candidate = hyperbolic_tangent(d, hn::MulAdd(r, m, input_n));
        at.store(d, r, gates);
        at.store(d, z, gates + n);
        at.store(d, candidate, gates + 2 * n);
        at.store(d, m, reset);
        at.store(d, hn::MulAdd(z, hn::Sub(at.load_if(d, h_before), candidate), candidate), h);
    });
}

template <class Real>
void gru_step_backward(const Real* gates, const Real* reset, const Real* h_before, const Real* dy, const Real* dh,
                       Real* dinput, Real* dhidden, Real* dh_before, Size n) {
    const hn::ScalableTag<Real> d;
    for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
        for (Size k = 0; k < 3; ++k) at.fetch(gates + (3 * ahead + k) * n);
        at.fetch(reset + ahead * n), at.fetch(dy + ahead * n);
        const auto r = at.load(d, gates), z = at.load(d, gates + n), candidate = at.load(d, gates + 2 * n);
        const auto total = hn::Add(at.load(d, dy), at.load_if(d, dh));
        const auto kept = hn::Mul(total, z);
        const auto dn = hn::Mul(hn::Sub(total, kept), hn::NegMulAdd(candidate, candidate, one(d)));
        const auto distance = hn::Sub(at.load_if(d, h_before), candidate);
        const auto dz = hn::Mul(hn::Mul(kept, hn::Sub(one(d), z)), distance);
        const auto dm = hn::Mul(dn, r);
        const auto dr = hn::Mul(hn::Mul(dm, at.load(d, reset)), hn::Sub(one(d), r));
        at.store(d, dr, dinput);
        at.store(d, dz, dinput + n);
        at.store(d, dn, dinput + 2 * n);
        at.store(d, dr, dhidden);
        at.store(d, dz, dhidden + n);
        at.store(d, dm, dhidden + 2 * n);
        at.store(d, kept, dh_before);
    });
}

template <class Real>
constexpr GateKernels<Real> kernels = {&rnn_step<Real>,           &rnn_step_backward<Real>, &lstm_step<Real>,
                                       &lstm_step_backward<Real>, &gru_step<Real>,          &gru_step_backward<Real>};

}  // namespace

const GateSet& gate_set() {
    static constexpr GateSet set = {kernels<float>, kernels<double>};
    return set;
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
namespace {

HWY_EXPORT(gate_set);

template <class Real>
const GateKernels<Real>& kernels() {
    static const GateSet& set = (kernel_set(), HWY_DYNAMIC_DISPATCH(gate_set)());
    return std::get<GateKernels<Real>>(set);
}

}  // namespace

template <class Real>
void rnn_step(Activation f, const Real* sums, const Real* added, Real* h, Size n) {
    kernels<Real>().rnn_step(f, sums, added, h, n);
}

template <class Real>
void rnn_step_backward(Activation f, const Real* h, const Real* dy, const Real* dh, Real* dsums, Size n) {
    kernels<Real>().rnn_step_backward(f, h, dy, dh, dsums, n);
}

template <class Real>
void lstm_step(Activation s, const Real* added, const Real* c_before, Real* gates, Real* c, Real* h, Size n) {
    kernels<Real>().lstm_step(s, added, c_before, gates, c, h, n);
}

template <class Real>
void lstm_step_backward(Activation s, const Real* gates, const Real* c_before, const Real* c, const Real* dy,
                        const Real* dh, const Real* dc, Real* dgates, Real* dc_before, Size n) {
    kernels<Real>().lstm_step_backward(s, gates, c_before, c, dy, dh, dc, dgates, dc_before, n);
}

template <class Real>
void gru_step(const Real* hidden, const Real* bias, const Real* x, const Real* added, const Real* h_before, Real* gates,
              Real* reset, Real* h, Size n) {
    kernels<Real>().gru_step(hidden, bias, x, added, h_before, gates, reset, h, n);
}

template <class Real>
void gru_step_backward(const Real* gates, const Real* reset, const Real* h_before, const Real* dy, const Real* dh,
                       Real* dinput, Real* dhidden, Real* dh_before, Size n) {
    kernels<Real>().gru_step_backward(gates, reset, h_before, dy, dh, dinput, dhidden, dh_before, n);
}

#define UNROLL_INSTANTIATE(Real)                                                                                   \
    template void rnn_step(Activation, const Real*, const Real*, Real*, Size);                                     \
    template void rnn_step_backward(Activation, const Real*, const Real*, const Real*, Real*, Size);               \
    template void lstm_step(Activation, const Real*, const Real*, Real*, Real*, Real*, Size);                      \
    template void lstm_step_backward(Activation, const Real*, const Real*, const Real*, const Real*, const Real*,  \
                                     const Real*, Real*, Real*, Size);                                             \
    template void gru_step(const Real*, const Real*, const Real*, const Real*, const Real*, Real*, Real*, Real*,   \
                           Size);                                                                                  \
    template void gru_step_backward(const Real*, const Real*, const Real*, const Real*, const Real*, Real*, Real*, \
                                    Real*, Size);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
#endif
