// Elementwise kernels and the sums over whole arrays.
#include <algorithm>
#include <cstdint>
#include <limits>

#include "kernels/targets.h"
#include "unroll/kernels/elementwise.h"
#include "unroll/kernels/processor.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Once for each target, so below what sets the target.
#include <hwy/contrib/math/math-inl.h>

#include "kernels/elementwise.h"
#include "kernels/math-inl.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

template <class Real>
void exp(const Real* x, Real* y, Size n) {
    map(
        n, y, [](auto d, auto v) HWY_ATTR { return exponential(d, v); }, x);
}

template <class Real>
void sigmoid(const Real* x, Real* y, Size n) {
    map(
        n, y, [](auto d, auto v) HWY_ATTR { return logistic(d, v); }, x);
}

template <class Real>
void tanh(const Real* x, Real* y, Size n) {
    map(
        n, y, [](auto d, auto v) HWY_ATTR { return hyperbolic_tangent(d, v); }, x);
}

template <class Real>
void relu(const Real* x, Real* y, Size n) {
    map(
        n, y, [](auto d, auto v) HWY_ATTR { return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v); }, x);
}

// Where Φ vanishes, x Φ(x) does too: at minus infinity as well.
template <class Real>
void gelu(const Real* x, Real* y, Size n) {
    map(
        n, y,
        [](auto d, auto v) HWY_ATTR {
            const auto far = hn::Lt(v, hn::Set(d, -Numbers<Real>::saturated_normal));
            return hn::IfThenZeroElse(far, hn::Mul(v, normal(d, v).cumulative));
        },
        x);
}

// Where σ vanishes, x σ(x) does too: at minus infinity as well.
template <class Real>
void silu(const Real* x, Real* y, Size n) {
    map(
        n, y,
        [](auto d, auto v) HWY_ATTR {
            const auto gate = logistic(d, v);
            return hn::IfThenZeroElse(hn::Eq(gate, hn::Zero(d)), hn::Mul(v, gate));
        },
        x);
}

template <class Real>
void silu_backward(const Real* x, const Real* dy, Real* dx, Size n) {
    map(
        n, dx,
        [](auto d, auto v, auto dv) HWY_ATTR {
            const auto one = hn::Set(d, Real{1});
            const auto gate = logistic(d, v), rest = hn::Sub(one, gate);
            const auto bend = hn::Mul(v, rest);  // with gate or rest 0 the slope is gate, at the infinities too
            const auto flat = hn::Or(hn::Eq(gate, hn::Zero(d)), hn::Eq(rest, hn::Zero(d)));
            return hn::Mul(dv, hn::Mul(gate, hn::Add(one, hn::IfThenZeroElse(flat, bend))));
        },
        x, dy);
}

template <class Real>
void softplus(const Real* x, Real* y, Size n) {
    map(
        n, y,
        [](auto d, auto v) HWY_ATTR {
            const auto e = exp_negative(d, hn::Or(v, hn::SignBit(d)));
            const auto sum = hn::Add(hn::Max(v, hn::Zero(d)), hn::Log1p(d, e));
            return hn::IfThenElse(hn::Eq(v, v), sum, v);
        },
        x);
}

// Highway's logarithm is one of positive finite numbers.
template <class Real>
void log(const Real* x, Real* y, Size n) {
    map(
        n, y,
        [](auto d, auto v) HWY_ATTR {
            const auto infinity = hn::Set(d, std::numeric_limits<Real>::infinity());
            const auto none = hn::Set(d, std::numeric_limits<Real>::quiet_NaN());
            auto result = hn::IfThenElse(hn::Eq(v, hn::Zero(d)), hn::Neg(infinity), hn::Log(d, v));
            result = hn::IfThenElse(hn::Eq(v, infinity), infinity, result);
            return hn::IfThenElse(hn::Ge(v, hn::Zero(d)), result, none);
        },
        x);
}

template <class Real>
void sqrt(const Real* x, Real* y, Size n) {
    map(
        n, y, [](auto, auto v) HWY_ATTR { return hn::Sqrt(v); }, x);
}

template <class Real>
void sin(const Real* x, Real* y, Size n) {
    map(
        n, y, [](auto d, auto v) HWY_ATTR { return hn::Sin(d, v); }, x);
}

template <class Real>
void cos(const Real* x, Real* y, Size n) {
    map(
        n, y, [](auto d, auto v) HWY_ATTR { return hn::Cos(d, v); }, x);
}

template <class Real>
void add(const Real* a, const Real* b, Real* y, Size n) {
    map(
        n, y, [](auto, auto u, auto v) HWY_ATTR { return hn::Add(u, v); }, a, b);
}

template <class Real>
void subtract(const Real* a, const Real* b, Real* y, Size n) {
    map(
        n, y, [](auto, auto u, auto v) HWY_ATTR { return hn::Sub(u, v); }, a, b);
}

template <class Real>
void affine(Real factor, Real term, const Real* x, Real* y, Size n, Into into) {
    if (into == Into::overwrite)
        map(
            n, y, [=](auto d, auto v) HWY_ATTR { return hn::MulAdd(hn::Set(d, factor), v, hn::Set(d, term)); }, x);
    else
        map(
            n, y,
            [=](auto d, auto v, auto w)
                HWY_ATTR { return hn::Add(w, hn::MulAdd(hn::Set(d, factor), v, hn::Set(d, term))); },
            x, y);
}

template <class Real>
void sigmoid_backward(const Real* y, const Real* dy, Real* dx, Size n) {
    map(
        n, dx,
        [](auto d, auto v, auto dv) HWY_ATTR { return hn::Mul(dv, hn::Mul(v, hn::Sub(hn::Set(d, Real{1}), v))); }, y,
        dy);
}

template <class Real>
void tanh_backward(const Real* y, const Real* dy, Real* dx, Size n) {
    map(
        n, dx, [](auto d, auto v, auto dv) HWY_ATTR { return hn::Mul(dv, hn::NegMulAdd(v, v, hn::Set(d, Real{1}))); },
        y, dy);
}

template <class Real>
void relu_backward(const Real* y, const Real* dy, Real* dx, Size n) {
    map(
        n, dx, [](auto d, auto v, auto dv) HWY_ATTR { return hn::IfThenElseZero(hn::Gt(v, hn::Zero(d)), dv); }, y, dy);
}

// (x Φ(x))' = Φ(x) + x exp(-x² / 2) / sqrt(2 π).
template <class Real>
void gelu_backward(const Real* x, const Real* dy, Real* dx, Size n) {
    map(
        n, dx,
        [](auto d, auto v, auto dv) HWY_ATTR {
            const auto at = normal(d, v);
            const auto far = hn::Gt(hn::Abs(v), hn::Set(d, Numbers<Real>::saturated_normal));
            const auto density = hn::Mul(at.exponential, hn::Set(d, static_cast<Real>(0.39894228040143267794)));
            return hn::Mul(dv, hn::Add(at.cumulative, hn::IfThenZeroElse(far, hn::Mul(v, density))));
        },
        x, dy);
}

template <class Real>
void multiply(const Real* a, const Real* b, Real* y, Size n, Into into) {
    if (into == Into::overwrite)
        map(
            n, y, [](auto, auto u, auto v) HWY_ATTR { return hn::Mul(u, v); }, a, b);
    else
        map(
            n, y, [](auto, auto u, auto v, auto w) HWY_ATTR { return hn::MulAdd(u, v, w); }, a, b, y);
}

template <class D>
HWY_INLINE hn::Vec<D> mix(D d, hn::Vec<D> word) {
    word = hn::Mul(hn::Xor(word, hn::ShiftRight<16>(word)), hn::Set(d, 0x85ebca6bu));
    word = hn::Mul(hn::Xor(word, hn::ShiftRight<13>(word)), hn::Set(d, 0xc2b2ae35u));
    return hn::Xor(word, hn::ShiftRight<16>(word));
}

/// 31 random bits for each of the elements from i on: a hash of its index and the key. `lane` counts from zero.
template <class D, class Words>
HWY_INLINE auto random_bits(D, Words lane, Size i, std::uint64_t key) {
    const hn::Rebind<std::uint32_t, D> words;
    const auto index = hn::Add(lane, hn::Set(words, static_cast<std::uint32_t>(i)));
    const auto low = hn::Xor(index, hn::Set(words, static_cast<std::uint32_t>(key)));
    const auto high = hn::Set(words, static_cast<std::uint32_t>((i ^ key) >> 32));
    const auto word = hn::ShiftRight<1>(mix(words, hn::Add(mix(words, low), high)));
    const auto bits = hn::BitCast(hn::RebindToSigned<decltype(words)>(), word);
    if constexpr (sizeof(hn::TFromD<D>) == 4)
        return bits;
    else
        return hn::PromoteTo(hn::RebindToSigned<D>(), bits);
}

template <class Real>
void dropout(const Real* x, Real* y, Size n, double probability, std::uint64_t key) {
    const hn::ScalableTag<Real> d;
    const hn::RebindToSigned<decltype(d)> di;
    using Bits = hn::TFromD<decltype(di)>;
    const auto lane = hn::Iota(hn::Rebind<std::uint32_t, decltype(d)>(), 0);
    const auto least = hn::Set(di, static_cast<Bits>(std::min(probability * 0x1p31, 0x1p31 - 1)));
    const auto scale = hn::Set(d, static_cast<Real>(1 / (1 - probability)));
    const auto drop = [=](Size i, auto v) HWY_ATTR {
        const auto dropped = hn::RebindMask(d, hn::Lt(random_bits(d, lane, i, key), least));
        return hn::IfThenZeroElse(dropped, hn::Mul(v, scale));
    };
    Size i = 0;
    for (; i + lanes<Real> <= n; i += lanes<Real>) hn::StoreU(drop(i, hn::LoadU(d, x + i)), d, y + i);
    if (i < n) store_first(drop(i, load_first(d, x + i, n - i)), d, y + i, n - i);
}

template <class Real>
void axpy(Real alpha, const Real* x, Real* y, Size n) {
    map(
        n, y, [alpha](auto d, auto u, auto v) HWY_ATTR { return hn::MulAdd(hn::Set(d, alpha), u, v); }, x, y);
}

HWY_INLINE auto load_double(hn::ScalableTag<double> d, const float* from) {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, decltype(d)>(), from));
}
HWY_INLINE auto load_double(hn::ScalableTag<double> d, const double* from) {
    return hn::LoadU(d, from);
}

template <class Real>
double sum_of_squares(const Real* x, Size n) {
    const hn::ScalableTag<double> d;
    constexpr Size step = lanes<double>;
    auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    const auto add = [&](auto s, Size i) HWY_ATTR {
        const auto v = load_double(d, x + i);
        return hn::MulAdd(v, v, s);
    };
    Size i = 0;
    for (; i + 4 * step <= n; i += 4 * step) {
        s0 = add(s0, i);
        s1 = add(s1, i + step);
        s2 = add(s2, i + 2 * step);
        s3 = add(s3, i + 3 * step);
    }
    double rest = 0;
    for (; i < n; ++i) rest += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)))) + rest;
}

template <class Real>
Real dot(const Real* a, const Real* b, Size n) {
    return sum<Real>(
        n, [](auto, auto u, auto v) HWY_ATTR { return hn::Mul(u, v); }, a, b);
}

template <class Real>
constexpr ElementwiseKernels<Real> kernels = {
#define UNROLL_ENTRY(result, name, parameters, arguments) .name = &name<Real>,
    UNROLL_ELEMENTWISE_KERNELS(UNROLL_ENTRY, Real)
#undef UNROLL_ENTRY
        .dropout = &dropout<Real>,
};

}  // namespace

const ElementwiseSet& elementwise_set() {
    static constexpr ElementwiseSet set = {kernels<float>, kernels<double>};
    return set;
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
namespace {

HWY_EXPORT(elementwise_set);

template <class Real>
const ElementwiseKernels<Real>& kernels() {
    static const ElementwiseSet& set = (kernel_set(), HWY_DYNAMIC_DISPATCH(elementwise_set)());
    return std::get<ElementwiseKernels<Real>>(set);
}

}  // namespace

#define UNROLL_DEFINE(result, name, parameters, arguments) \
    template <class Real>                                  \
    result name parameters {                               \
        return kernels<Real>().name arguments;             \
    }
UNROLL_ELEMENTWISE_KERNELS(UNROLL_DEFINE, Real)
#undef UNROLL_DEFINE

template <class Real>
void dropout(const Real* x, Real* y, Size n, double probability, RandomStream stream) {
    kernels<Real>().dropout(x, y, n, probability, stream());
}

#define UNROLL_INSTANTIATE(result, name, parameters, arguments) template result name parameters;
UNROLL_ELEMENTWISE_KERNELS(UNROLL_INSTANTIATE, float)
UNROLL_ELEMENTWISE_KERNELS(UNROLL_INSTANTIATE, double)
#undef UNROLL_INSTANTIATE
template void dropout(const float*, float*, Size, double, RandomStream);
template void dropout(const double*, double*, Size, double, RandomStream);

}  // namespace unroll
#endif
