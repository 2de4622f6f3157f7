// Functions of a vector: exp, tanh, the logistic function, the normal distribution. Per target, as vectors-inl.h.
//
// All of them stand on expm1(r) = r + r² P(r) for |r| up to a little over ln(2) / 2. The polynomials come from
// coefficients.py. What is not a number stays so; comparisons that replace results are false for it.
#if defined(UNROLL_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_MATH_INL_H
#undef UNROLL_MATH_INL_H
#else
#define UNROLL_MATH_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class Real>
struct Numbers;

template <>
struct Numbers<float> {
    using Bits = std::uint32_t;
    static constexpr int mantissa = 23;
    static constexpr Bits exponent_bias = 127;
    static constexpr float rounder = 0x1.8p23f;  // added and subtracted: rounds to a whole number
    static constexpr float ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cp-20f;  // high times any exponent is exact
    static constexpr float split = 4097;                         // 2^12 + 1 cuts a mantissa in two halves
    static constexpr float normal_exp = -87.33654f;              // exp of less is below the smallest normal number
    static constexpr float least_exp = -104, greatest_exp = 89;  // exp of less is 0, of more infinity
    static constexpr float saturated_tanh = 9.02f;               // tanh of more is 1
    static constexpr float saturated_normal = 13.2f;             // tail of more is below the smallest normal number
    static constexpr float expm1[] = {0.5f, 0.16666543751660709649f, 0.041666513097907271815f,
                                      0.0083682787667796371098f, 0.0013932553616744630868f};
    static constexpr float tail_shift = 4;
    static constexpr float tail[] = {0.75528513832277221799f,    -0.60789661828226910277f,  0.38713668408577257074f,
                                     -0.18652268490998792352f,   0.060406688729805270654f,  -0.0075292507030986269399f,
                                     -0.0035261837003900367139f, 0.0015723178794425629206f, 0.00020126173028404673561f,
                                     -0.00012018440110144361403f};
};

template <>
struct Numbers<double> {
    using Bits = std::uint64_t;
    static constexpr int mantissa = 52;
    static constexpr Bits exponent_bias = 1023;
    static constexpr double rounder = 0x1.8p52;
    static constexpr double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
    static constexpr double split = 134217729;  // 2^27 + 1
    static constexpr double normal_exp = -708.3964185322641;
    static constexpr double least_exp = -746, greatest_exp = 710;
    static constexpr double saturated_tanh = 19.1;
    static constexpr double saturated_normal = 37.6;
    static constexpr double expm1[] = {0.5,
                                       0.16666666666666668394,
                                       0.041666666666586785314,
                                       0.0083333333333271901834,
                                       0.0013888888934328817863,
                                       0.00019841269876215082115,
                                       0.000024801496841860646952,
                                       2.7557249654940711946e-6,
                                       2.76308062986292832e-7,
                                       2.5108627439629195292e-8};
    static constexpr double tail_shift = 5;
    static constexpr double tail[] = {
        0.76919304975006296603,     -0.66538250289005678714,  0.49530561596997413596,      -0.31353315667129710631,
        0.16502036617050069476,     -0.069118638706479819048, 0.020795066797569856426,     -0.0029933767690944728172,
        -0.00079786937489119332648, 0.0005448990626958520579, -0.000059375866167360709182, -0.000049762853165030135918,
        0.00001668170360977267944,  3.9811827415325774606e-6, -2.7703209441469522821e-6,   -3.3749652035246319072e-7,
        4.3443907263764584748e-7,   4.3758415982855748831e-8, -6.6675293392275715873e-8,   -1.0618274174239376358e-8,
        7.6304104178731823434e-9,   2.2249387677164432915e-9};
};

/// c[0] + c[1] x + … + c[degree] x^degree.
template <int degree, class D, class V>
HWY_INLINE V polynomial(D d, V x, const hn::TFromD<D> (&c)[degree + 1]) {
    V sum = hn::Set(d, c[degree]);
#pragma GCC unroll 32
    for (int i = degree - 1; i >= 0; --i) sum = hn::MulAdd(sum, x, hn::Set(d, c[i]));
    return sum;
}

/// 2^n from n + rounder, for a whole n with a normal result.
template <class D, class V>
HWY_INLINE V power_of_two(D d, V rounded) {
    using N = Numbers<hn::TFromD<D>>;
    const hn::RebindToUnsigned<D> du;
    const auto exponent = hn::Add(hn::BitCast(du, rounded), hn::Set(du, N::exponent_bias));
    return hn::BitCast(d, hn::ShiftLeft<N::mantissa>(exponent));
}

/// exp(x) = 2^n (1 + fraction), or exp(x + low) where `low` is a small correction of x.
template <class V>
struct SplitExponential {
    V rounded;   ///< n + rounder
    V n;         ///< a whole number
    V fraction;  ///< expm1 of what is left
};
template <class D, class V, class... Low>
HWY_INLINE SplitExponential<V> split_exponential(D d, V x, Low... low) {
    using N = Numbers<hn::TFromD<D>>;
    using Real = hn::TFromD<D>;
    constexpr int degree = sizeof(N::expm1) / sizeof(Real) - 1;
    const V rounder = hn::Set(d, N::rounder);
    const V rounded = hn::MulAdd(x, hn::Set(d, static_cast<Real>(1.44269504088896340736)), rounder);
    const V n = hn::Sub(rounded, rounder);
    V r = hn::NegMulAdd(n, hn::Set(d, N::ln2_high), x);
    r = hn::NegMulAdd(n, hn::Set(d, N::ln2_low), r);
    if constexpr (sizeof...(low) > 0) r = hn::Add(r, low...);
    return {rounded, n, hn::MulAdd(hn::Mul(r, r), polynomial<degree>(d, r, N::expm1), r)};
}

/// exp(x), or exp(x + low), for x <= 0; 0 where that is below the smallest normal number.
template <class D, class V, class... Low>
HWY_INLINE V exp_negative(D d, V x, Low... low) {
    const auto e = split_exponential(d, x, low...);
    const V scale = power_of_two(d, e.rounded);
    const V y = hn::MulAdd(scale, e.fraction, scale);
    return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, Numbers<hn::TFromD<D>>::normal_exp)), y);
}

/// exp(x) for any x. The power is multiplied in two steps, for its exponent alone may be out of range.
template <class D, class V>
HWY_INLINE V exponential(D d, V x) {
    using Real = hn::TFromD<D>;
    using N = Numbers<Real>;
    const V rounder = hn::Set(d, N::rounder);
    const auto e = split_exponential(d, x);
    const V half = hn::MulAdd(e.n, hn::Set(d, Real{0.5}), rounder);
    const V rest = hn::Add(hn::Sub(e.n, hn::Sub(half, rounder)), rounder);
    const V first = power_of_two(d, half);
    V y = hn::Mul(hn::MulAdd(first, e.fraction, first), power_of_two(d, rest));
    y = hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, N::least_exp)), y);
    return hn::IfThenElse(hn::Gt(x, hn::Set(d, N::greatest_exp)), hn::Set(d, std::numeric_limits<Real>::infinity()), y);
}

/// 1 / (1 + exp(-x)) = e / (1 + e) for x < 0 and 1 / (1 + e) otherwise, with e = exp(-|x|), which never overflows.
template <class D, class V>
HWY_INLINE V logistic(D d, V x) {
    using Real = hn::TFromD<D>;
    const V one = hn::Set(d, Real{1});
    const V e = exp_negative(d, hn::Or(x, hn::SignBit(d)));
    return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
}

/// tanh(x) = -e / (2 + e) for x >= 0, with e = expm1(-2 x), which keeps every bit of a small x.
template <class D, class V>
HWY_INLINE V hyperbolic_tangent(D d, V x) {
    using Real = hn::TFromD<D>;
    const V one = hn::Set(d, Real{1});
    const V size = hn::Abs(x);
    const auto e = split_exponential(d, hn::Mul(hn::Set(d, Real{-2}), size));
    const V scale = power_of_two(d, e.rounded);
    const V expm1 = hn::MulAdd(scale, e.fraction, hn::Sub(scale, one));
    const V y = hn::Div(expm1, hn::Sub(hn::Set(d, Real{-2}), expm1));
    return hn::CopySignToAbs(hn::IfThenElse(hn::Gt(size, hn::Set(d, Numbers<Real>::saturated_tanh)), one, y), x);
}

/// The standard normal distribution at x.
template <class V>
struct Normal {
    V cumulative;   ///< Φ(x)
    V exponential;  ///< exp(-x² / 2)
};

/// Φ(-t) = exp(-t² / 2) w G(u) for t >= 0, with w = 1 / (t + a), u = 1 - 2 a w. The square is made in two parts: an
/// error of its last bit would be an error of many bits of its exponential.
template <class D, class V>
HWY_INLINE Normal<V> normal(D d, V x) {
    using Real = hn::TFromD<D>;
    using N = Numbers<Real>;
    constexpr int degree = sizeof(N::tail) / sizeof(Real) - 1;
    const V one = hn::Set(d, Real{1}), half = hn::Set(d, Real{-0.5}), a = hn::Set(d, N::tail_shift);
    const V t = hn::Min(hn::Set(d, Real{2} * N::saturated_normal), hn::Abs(x));
    const V stretched = hn::Mul(t, hn::Set(d, N::split));
    const V high = hn::Sub(stretched, hn::Sub(stretched, t));
    const V low = hn::Mul(hn::Sub(t, high), hn::Add(t, high));
    const V e = exp_negative(d, hn::Mul(half, hn::Mul(high, high)), hn::Mul(half, low));
    const V w = hn::Div(one, hn::Add(t, a));
    const V u = hn::NegMulAdd(hn::Add(a, a), w, one);
    const V tail = hn::Mul(hn::Mul(e, w), polynomial<degree>(d, u, N::tail));
    return {hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(one, tail)), e};
}

}  // namespace
}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
