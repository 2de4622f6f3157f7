// Kernels that work row by row: biases, softmax, layer normalisation, tables.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "kernels/targets.h"
#include "unroll/kernels/attention.h"
#include "unroll/kernels/processor.h"
#include "unroll/kernels/rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/math-inl.h"
#include "kernels/rows.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

template <class Real>
HWY_INLINE void add(const Real* x, Real* y, Size n) {
    map(
        n, y, [](auto, auto u, auto v) HWY_ATTR { return hn::Add(v, u); }, x, y);
}

template <class Real>
void add_bias(const Real* bias, Real* x, Size rows, Size columns) {
    for (Size r = 0; r < rows; ++r) add(bias, x + r * columns, columns);
}

template <class Real>
void add_bias_backward(const Real* dy, Real* dbias, Size rows, Size columns) {
    const hn::ScalableTag<Real> d;
    constexpr Size step = lanes<Real>;
    Size j = 0;
    for (; j + 4 * step <= columns; j += 4 * step) {
        auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
        for (Size r = 0; r < rows; ++r) {
            const Real* row = dy + r * columns + j;
            s0 = hn::Add(s0, hn::LoadU(d, row));
            s1 = hn::Add(s1, hn::LoadU(d, row + step));
            s2 = hn::Add(s2, hn::LoadU(d, row + 2 * step));
            s3 = hn::Add(s3, hn::LoadU(d, row + 3 * step));
        }
        hn::StoreU(hn::Add(hn::LoadU(d, dbias + j), s0), d, dbias + j);
        hn::StoreU(hn::Add(hn::LoadU(d, dbias + j + step), s1), d, dbias + j + step);
        hn::StoreU(hn::Add(hn::LoadU(d, dbias + j + 2 * step), s2), d, dbias + j + 2 * step);
        hn::StoreU(hn::Add(hn::LoadU(d, dbias + j + 3 * step), s3), d, dbias + j + 3 * step);
    }
    for (; j < columns; ++j) {
        Real total = 0;
        for (Size r = 0; r < rows; ++r) total += dy[r * columns + j];
        dbias[j] += total;
    }
}

template <class Real>
Real maximum(const Real* x, Size n) {
    const hn::ScalableTag<Real> d;
    auto greatest = hn::Set(d, -std::numeric_limits<Real>::infinity());
    Size i = 0;
    for (; i + lanes<Real> <= n; i += lanes<Real>) greatest = hn::Max(greatest, hn::LoadU(d, x + i));
    if (i < n)
        greatest = hn::Max(greatest, hn::IfThenElse(hn::FirstN(d, n - i), load_first(d, x + i, n - i), greatest));
    return hn::GetLane(hn::MaxOfLanes(d, greatest));
}

template <class Real>
void softmax(const Real* x, Real* y, Size rows, Size columns) {
    for (Size r = 0; r < rows; ++r, x += columns, y += columns) {
        const Real shift = maximum(x, columns);
        if (shift == -std::numeric_limits<Real>::infinity()) {
            std::fill_n(y, columns, Real{0});
            continue;
        }
        map(
            columns, y, [shift](auto d, auto v) HWY_ATTR { return exp_negative(d, hn::Sub(v, hn::Set(d, shift))); }, x);
        const Real scale = 1 / sum<Real>(
                                   columns, [](auto, auto v) HWY_ATTR { return v; }, y);
        map(
            columns, y, [scale](auto d, auto v) HWY_ATTR { return hn::Mul(v, hn::Set(d, scale)); }, y);
    }
}

/// Shifted by the greatest x before the temperature comes in, which may take what is left out of range, but only to
/// -infinity.
bool softmax_at(const float* x, double temperature, double* y, Size n) {
    const hn::ScalableTag<double> d;
    const hn::Rebind<float, decltype(d)> narrow;
    const auto shift = hn::Set(d, static_cast<double>(maximum(x, n)));
    const auto factor = hn::Set(d, std::min(1 / temperature, std::numeric_limits<double>::max()));
    const auto weight = [=](auto v) HWY_ATTR {
        const auto distance = hn::Sub(hn::PromoteTo(d, v), shift);
        return exp_negative(d, hn::Mul(distance, factor));
    };
    auto total = hn::Zero(d);
    Size i = 0;
    for (; i + lanes<double> <= n; i += lanes<double>) {
        const auto w = weight(hn::LoadU(narrow, x + i));
        hn::StoreU(w, d, y + i);
        total = hn::Add(total, w);
    }
    if (i < n) {
        HWY_ALIGN float rest[lanes<double>];
        std::fill_n(rest, lanes<double>, -std::numeric_limits<float>::infinity());
        std::copy_n(x + i, n - i, rest);
        const auto w = weight(hn::Load(narrow, rest));
        store_first(w, d, y + i, n - i);
        total = hn::Add(total, w);
    }
    const double sum = hn::GetLane(hn::SumOfLanes(d, total));
    const double scale = 1 / sum;
    map(
        n, y, [scale](auto tag, auto v) HWY_ATTR { return hn::Mul(v, hn::Set(tag, scale)); }, y);
    return sum > 0;
}

template <class Real>
void softmax_backward(const Real* y, const Real* dy, Real* dx, Size rows, Size columns) {
    for (Size r = 0; r < rows; ++r, y += columns, dy += columns, dx += columns) {
        const Real product = sum<Real>(
            columns, [](auto, auto v, auto dv) HWY_ATTR { return hn::Mul(v, dv); }, y, dy);
        map(
            columns, dx,
            [product](auto d, auto v, auto dv) HWY_ATTR { return hn::Mul(v, hn::Sub(dv, hn::Set(d, product))); }, y,
            dy);
    }
}

template <class Real>
void layer_norm(const Real* x, const Real* gain, const Real* bias, Real* y, Real* statistics, Size rows, Size columns) {
    const Real share = 1 / static_cast<Real>(columns);
    for (Size r = 0; r < rows; ++r, x += columns, y += columns, statistics += 2) {
        const Real mean = share * sum<Real>(
                                      columns, [](auto, auto v) HWY_ATTR { return v; }, x);
        const auto squared = [mean](auto d, auto v) HWY_ATTR {
            const auto distance = hn::Sub(v, hn::Set(d, mean));
            return hn::Mul(distance, distance);
        };
        const Real scale = 1 / std::sqrt(share * sum<Real>(columns, squared, x) + static_cast<Real>(1e-5));
        statistics[0] = mean;
        statistics[1] = scale;
        const auto normalise = [=](auto d, auto v)
                                   HWY_ATTR { return hn::Mul(hn::Sub(v, hn::Set(d, mean)), hn::Set(d, scale)); };
        if (gain && bias)
            map(
                columns, y, [=](auto d, auto v, auto g, auto b) HWY_ATTR { return hn::MulAdd(normalise(d, v), g, b); },
                x, gain, bias);
        else if (gain)
            map(
                columns, y, [=](auto d, auto v, auto g) HWY_ATTR { return hn::Mul(normalise(d, v), g); }, x, gain);
        else if (bias)
            map(
                columns, y, [=](auto d, auto v, auto b) HWY_ATTR { return hn::Add(normalise(d, v), b); }, x, bias);
        else
            map(columns, y, normalise, x);
    }
}

// With n = (x - mean) scale and g = gain dy: dx = scale (g - mean of g - n · mean of g n).
template <class Real>
void layer_norm_backward(const Real* x, const Real* gain, const Real* statistics, const Real* dy, Real* dx, Real* dgain,
                         Real* dbias, Size rows, Size columns) {
    const Real share = 1 / static_cast<Real>(columns);
    for (Size r = 0; r < rows; ++r, x += columns, dy += columns, dx += columns, statistics += 2) {
        const Real mean = statistics[0], scale = statistics[1];
        const auto normalise = [=](auto d, auto v)
                                   HWY_ATTR { return hn::Mul(hn::Sub(v, hn::Set(d, mean)), hn::Set(d, scale)); };
        if (dgain)
            map(
                columns, dgain,
                [=](auto d, auto v, auto dv, auto before) HWY_ATTR { return hn::MulAdd(dv, normalise(d, v), before); },
                x, dy, dgain);
        if (dbias) add(dy, dbias, columns);

        const auto finish = [=](auto d, auto v, auto g, Real mean_g, Real mean_gn) HWY_ATTR {
            const auto rest = hn::NegMulAdd(normalise(d, v), hn::Set(d, mean_gn), hn::Sub(g, hn::Set(d, mean_g)));
            return hn::Mul(hn::Set(d, scale), rest);
        };
        if (gain) {
            const auto product = [](auto, auto dv, auto g) HWY_ATTR { return hn::Mul(dv, g); };
            const auto moment = [=](auto d, auto v, auto dv, auto g)
                                    HWY_ATTR { return hn::Mul(hn::Mul(dv, g), normalise(d, v)); };
            const Real mean_g = share * sum<Real>(columns, product, dy, gain);
            const Real mean_gn = share * sum<Real>(columns, moment, x, dy, gain);
            map(
                columns, dx,
                [=](auto d, auto v, auto dv, auto g) HWY_ATTR { return finish(d, v, hn::Mul(dv, g), mean_g, mean_gn); },
                x, dy, gain);
        } else {
            const auto moment = [=](auto d, auto v, auto dv) HWY_ATTR { return hn::Mul(dv, normalise(d, v)); };
            const Real mean_g = share * sum<Real>(
                                            columns, [](auto, auto dv) HWY_ATTR { return dv; }, dy);
            const Real mean_gn = share * sum<Real>(columns, moment, x, dy);
            map(
                columns, dx, [=](auto d, auto v, auto dv) HWY_ATTR { return finish(d, v, dv, mean_g, mean_gn); }, x,
                dy);
        }
    }
}

/// scores[p] = Σ_j query[j] keys[j, p] for one head: a vector of positions at a time, several at once. The last vector
/// may overlap the one before it, which it repeats; a row is read no further than its `context`.
template <class Real>
void score(const Real* query, const Real* keys, const AttentionStep<Real>& step, Real* scores) {
    constexpr Size several = 4;
    const hn::ScalableTag<Real> d;
    const Size past = step.past;
    if (past < lanes<Real>) {
        auto total = hn::Zero(d);
        for (Size j = 0; j < step.width; ++j) {
            const Real* row = keys + j * step.context;
            const auto key = step.context < lanes<Real> ? load_first(d, row, past) : hn::LoadU(d, row);
            total = hn::MulAdd(hn::Set(d, query[j]), key, total);
        }
        store_first(total, d, scores, past);
        return;
    }
    for (Size p = 0; p < past; p += several * lanes<Real>) {
        Size at[several];
        for (Size v = 0; v < several; ++v) at[v] = std::min(p + v * lanes<Real>, past - lanes<Real>);
        auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
        for (Size j = 0; j < step.width; ++j) {
            const Real* row = keys + j * step.context;
            const auto q = hn::Set(d, query[j]);
            s0 = hn::MulAdd(q, hn::LoadU(d, row + at[0]), s0);
            s1 = hn::MulAdd(q, hn::LoadU(d, row + at[1]), s1);
            s2 = hn::MulAdd(q, hn::LoadU(d, row + at[2]), s2);
            s3 = hn::MulAdd(q, hn::LoadU(d, row + at[3]), s3);
        }
        hn::StoreU(s0, d, scores + at[0]);
        hn::StoreU(s1, d, scores + at[1]);
        hn::StoreU(s2, d, scores + at[2]);
        hn::StoreU(s3, d, scores + at[3]);
    }
}

/// y (columns) = Σ_p weights[p] values[p], rows `stride` apart, and the step's own value last: the even positions, and
/// the odd, in order. load and store are those of whole vectors, or of the elements that are left at the end.
template <Size vectors, class Real, class Load, class Store>
HWY_INLINE void gather_weighted(const Real* weights, const Real* values, Size past, Size stride, const Real* value,
                                Load load, Store store) {
    const hn::ScalableTag<Real> d;
    hn::Vec<decltype(d)> even[vectors], odd[vectors];
    for (Size v = 0; v < vectors; ++v) even[v] = odd[v] = hn::Zero(d);
    Size p = 0;
    for (; p + 2 <= past; p += 2, values += 2 * stride) {
        const auto first = hn::Set(d, weights[p]), second = hn::Set(d, weights[p + 1]);
        for (Size v = 0; v < vectors; ++v) even[v] = hn::MulAdd(first, load(values + v * lanes<Real>), even[v]);
        for (Size v = 0; v < vectors; ++v) odd[v] = hn::MulAdd(second, load(values + stride + v * lanes<Real>), odd[v]);
    }
    if (p < past)
        for (Size v = 0; v < vectors; ++v)
            even[v] = hn::MulAdd(hn::Set(d, weights[p]), load(values + v * lanes<Real>), even[v]);
    for (Size v = 0; v < vectors; ++v)
        store(hn::MulAdd(hn::Set(d, weights[past]), load(value + v * lanes<Real>), hn::Add(even[v], odd[v])), v);
}

template <class Real>
void attend(const AttentionStep<Real>& step, Real* weights, Size stride, Real* y) {
    const hn::ScalableTag<Real> d;
    const Size P = step.past, kv_heads = step.kv_heads ? step.kv_heads : step.heads;
    const Size group = step.heads / kv_heads, kv_width = kv_heads * step.width;
    for (Size head = 0; head < step.heads; ++head, weights += stride) {
        const Size own = head * step.width, first = head / group * step.width;  // of the query, of key and value
        const Real* values = step.value;                                        // not read without a past
        if (P > 0) {
            score(step.query + own, step.keys + first * step.context, step, weights);
            values = step.values;
        }
        weights[P] = sum<Real>(
            step.width, [](auto, auto q, auto k) HWY_ATTR { return hn::Mul(q, k); }, step.query + own,
            step.key + first);
        if (step.slopes)
            for (Size p = 0; p < P; ++p) weights[p] -= step.slopes[head] * static_cast<Real>(P - p);
        softmax(weights, weights, 1, P + 1);

        const auto load = [d](const Real* from) HWY_ATTR { return hn::LoadU(d, from); };
        Size j = 0;
        const auto whole = [&](auto count) HWY_ATTR {
            constexpr Size vectors = decltype(count)::value;
            for (; j + vectors * lanes<Real> <= step.width; j += vectors * lanes<Real>)
                gather_weighted<vectors>(weights, values + first + j, P, kv_width, step.value + first + j, load,
                                         [&](auto v, Size i)
                                             HWY_ATTR { hn::StoreU(v, d, y + own + j + i * lanes<Real>); });
        };
        whole(std::integral_constant<Size, 2>());
        whole(std::integral_constant<Size, 1>());
        const Size left = step.width - j;
        if (left == 0) continue;
        gather_weighted<1>(
            weights, values + first + j, P, kv_width, step.value + first + j,
            [d, left](const Real* from) HWY_ATTR { return load_first(d, from, left); },
            [&](auto v, Size) HWY_ATTR { store_first(v, d, y + own + j, left); });
    }
}

template <class Real>
void gather_rows(const Real* table, const Token* tokens, Real* y, Size rows, Size columns, Into into) {
    for (Size r = 0; r < rows; ++r) {
        const Real* row = table + static_cast<Size>(tokens[r]) * columns;
        if (into == Into::overwrite)
            std::copy_n(row, columns, y + r * columns);
        else
            add(row, y + r * columns, columns);
    }
}

/// What is subtracted from a row, and what the difference is multiplied by.
template <class Real>
struct Scaling {
    Real shift, scale;
};

template <class Real>
Scaling<Real> scaling(const Real* x, Size n, Normalization kind, double epsilon) {
    const Real shift = kind == Normalization::layer ? sum<Real>(
                                                          n, [](auto, auto v) HWY_ATTR { return v; }, x) /
                                                          static_cast<Real>(n)
                                                    : Real{0};
    Real squares = sum<Real>(
        n,
        [shift](auto d, auto v) HWY_ATTR {
            const auto off = hn::Sub(v, hn::Set(d, shift));
            return hn::Mul(off, off);
        },
        x);
    if (kind != Normalization::l2) squares /= static_cast<Real>(n);
    return {shift, Real{1} / std::sqrt(squares + static_cast<Real>(epsilon))};
}

template <class Real>
void normalize(const Real* x, Real* y, Size rows, Size columns, Normalization kind, double epsilon) {
    for (Size r = 0; r < rows; ++r) {
        const auto [shift, scale] = scaling(x + r * columns, columns, kind, epsilon);
        map(
            columns, y + r * columns,
            [shift = shift, scale = scale](auto d, auto v)
                HWY_ATTR { return hn::Mul(hn::Sub(v, hn::Set(d, shift)), hn::Set(d, scale)); },
            x + r * columns);
    }
}

// With s the scale: dx = s (dy - y c Σ dy y), where c is 1 / n, or 1 for l2; layer subtracts the mean of dy, too.
template <class Real>
void normalize_backward(const Real* x, const Real* y, const Real* dy, Real* dx, Size rows, Size columns,
                        Normalization kind, double epsilon, Into into) {
    const Real share = kind == Normalization::l2 ? Real{1} : Real{1} / static_cast<Real>(columns);
    for (Size r = 0; r < rows; ++r) {
        const Size at = r * columns;
        const Real scale = scaling(x + at, columns, kind, epsilon).scale;
        const Real along =
            share * sum<Real>(
                        columns, [](auto, auto u, auto v) HWY_ATTR { return hn::Mul(u, v); }, dy + at, y + at);
        const Real mean = kind == Normalization::layer
                              ? share * sum<Real>(
                                            columns, [](auto, auto v) HWY_ATTR { return v; }, dy + at)
                              : Real{0};
        const auto slope = [=](auto d, auto v, auto dv) HWY_ATTR {
            const auto rest = hn::NegMulAdd(v, hn::Set(d, along), hn::Sub(dv, hn::Set(d, mean)));
            return hn::Mul(rest, hn::Set(d, scale));
        };
        if (into == Into::overwrite)
            map(columns, dx + at, slope, y + at, dy + at);
        else
            map(
                columns, dx + at,
                [=](auto d, auto v, auto dv, auto before) HWY_ATTR { return hn::Add(before, slope(d, v, dv)); }, y + at,
                dy + at, dx + at);
    }
}

template <class Real>
void gather_rows_backward(const Token* tokens, const Real* dy, Real* dtable, Size rows, Size columns) {
    for (Size r = 0; r < rows; ++r) add(dy + r * columns, dtable + static_cast<Size>(tokens[r]) * columns, columns);
}

template <class Real>
constexpr RowKernels<Real> kernels = {
#define UNROLL_ENTRY(result, name, parameters, arguments) .name = &name<Real>,
    UNROLL_ROW_KERNELS(UNROLL_ENTRY, Real)
#undef UNROLL_ENTRY
};

}  // namespace

const RowSet& row_set() {
    static constexpr RowSet set = {kernels<float>, kernels<double>, &softmax_at};
    return set;
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
namespace {

HWY_EXPORT(row_set);

const RowSet& chosen_set() {
    static const RowSet& set = (kernel_set(), HWY_DYNAMIC_DISPATCH(row_set)());
    return set;
}

template <class Real>
const RowKernels<Real>& kernels() {
    return std::get<RowKernels<Real>>(chosen_set());
}

}  // namespace

#define UNROLL_DEFINE(result, name, parameters, arguments) \
    template <class Real>                                  \
    result name parameters {                               \
        return kernels<Real>().name arguments;             \
    }
UNROLL_ROW_KERNELS(UNROLL_DEFINE, Real)
#undef UNROLL_DEFINE

bool softmax_at(const float* x, double temperature, double* y, Size n) {
    return std::get<decltype(&softmax_at)>(chosen_set())(x, temperature, y, n);
}

#define UNROLL_INSTANTIATE(result, name, parameters, arguments) template result name parameters;
UNROLL_ROW_KERNELS(UNROLL_INSTANTIATE, float)
UNROLL_ROW_KERNELS(UNROLL_INSTANTIATE, double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
#endif
