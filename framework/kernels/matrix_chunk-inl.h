// A chunk of a head's steps, for the kernels of matrices as memory. Per target, as vectors-inl.h.
//
// A chunk of C steps is a few products of matrices (as in Yang et al. 2024, arXiv 2406.06484, section 3.2). With S the
// matrix before it, A_t the product of the decays up to step t, and A_ts of those after step s up to t,
//
//     P_ts = q_t·(A_ts k_s) for s <= t,   L_ts = k_t·(A_ts k_s) for s < t,
//     U = V, or by the delta rule row by row  u_t = β_t (v_t - Sᵀ A_t k_t - Σ_s L_ts u_s),
//     O = (A Q) S + P U,   S' = A_C S + (A_Cs K)ᵀ U.
//
// The products of decays are multiplied up and never divided by, so that a decay may be 0. Backward computes P, L and U
// again from the matrix that was kept, and turns each product round.
#if defined(UNROLL_MATRIX_CHUNK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_MATRIX_CHUNK_INL_H
#undef UNROLL_MATRIX_CHUNK_INL_H
#else
#define UNROLL_MATRIX_CHUNK_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <utility>

#include "kernels/packing-inl.h"
#include "kernels/products.h"
#include "kernels/scan.h"
#include "kernels/state_space-inl.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {

const ProductSet& product_set();  // of this target, in products.cpp

namespace {

/// Vectors of columns at once.
constexpr Size group = lanes<float> >= 16 ? 8 : 4;

template <class Real>
const ProductKernels<Real>& products() {
    return std::get<ProductKernels<Real>>(product_set());
}

/// c = or += a b, b by rows.
template <class Real>
void multiply(const Matrix<Real>& a, const Matrix<Real>& b, const Matrix<Real>& c, Into into) {
    products<Real>().multiply_in_place(a, b, c, into);
}

/// One head of one sequence: where its rows are.
template <class Real>
struct HeadRows {
    const MatrixScan<Real>& scan;
    const Size b, head;

    Size length() const { return scan.time.length(b); }
    Size step(Size t) const { return t * scan.time.B + b; }
    Size keys(Size t) const { return (step(t) * scan.heads + head) * scan.n; }
    Size values(Size t) const { return (step(t) * scan.heads + head) * scan.m; }
    Size number(Size t) const { return step(t) * scan.heads + head; }
    Size matrix() const { return scan.n * matrix_row(scan.m); }
    Real* kept(Size block) const { return scan.kept + ((block * scan.time.B + b) * scan.heads + head) * matrix(); }
};

/// n numbers, then zeros to a whole number of vectors.
template <class Real>
HWY_INLINE void widen(const Real* from, Size n, Real* to) {
    const Tag<Real> d;
    std::fill(to + n, to + matrix_row(n), Real{0});
    for_each_vector<Real>(n, [&](auto at) HWY_ATTR { at.store(d, at.load(d, from), to); });
}

template <class Real>
void widen_rows(const Real* from, Size rows, Size n, Real* to) {
    for (Size i = 0; i < rows; ++i)
        if (from)
            widen(from + i * n, n, to + i * matrix_row(n));
        else
            std::fill_n(to + i * matrix_row(n), matrix_row(n), Real{0});
}

template <class Real>
void narrow_rows(const Real* from, Size rows, Size n, Real* to) {
    for (Size i = 0; i < rows; ++i) std::copy_n(from + i * matrix_row(n), n, to + i * n);
}

/// A chunk's steps, in the workspace of one thread. Rows are of whole vectors: `keys` or `values` numbers. Of what is
/// of both queries and keys read, the keys' rows stand behind those of the chunk's queries.
template <class Real>
struct MatrixChunk {
    static constexpr Size C = scan_interval;

    const HeadRows<Real>& head;
    const Size first, steps;  ///< the first step, and how many
    const Size n, keys, values;
    const bool delta;
    Real *q, *k, *a;         ///< (steps, keys); a: decays, ones where there are none
    Real* read;              ///< (2 steps, keys): A_t q_t and A_t k_t
    Real* written;           ///< (steps, keys): A_Cs k_s
    Real* all;               ///< (keys): A_C
    Real *P, *L;             ///< (C, C), zeros above the diagonal
    Real *u, *rest;          ///< (steps, values): what is written, and by the delta rule v_t - Sᵀ k_t
    Real* o;                 ///< (2 steps, values): what queries and keys read; on the way back their gradients
    Real* du;                ///< (steps, values)
    Real *dq, *dk, *da;      ///< (steps, keys)
    Real *dread, *dwritten;  ///< (2 steps, keys) and (steps, keys): gradients by way of the matrices
    Real *M, *N;             ///< (C, C): gradients of P and L
    Real *packed, *turned;   ///< factors on their way

    MatrixChunk(const HeadRows<Real>& of, Size index, Real* base)
        : head(of),
          first(index * C),
          steps(std::min(C, of.length() - first)),
          n(of.scan.n),
          keys(matrix_row(n)),
          values(matrix_row(of.scan.m)),
          delta(of.scan.beta != nullptr) {
        const auto take = [&base](Size size) { return std::exchange(base, base + size); };
        q = take(C * keys), k = take(C * keys), a = take(C * keys);
        read = take(2 * C * keys), written = take(C * keys), all = take(keys);
        P = take(C * C), L = take(C * C);
        u = take(C * values), rest = take(C * values), o = take(2 * C * values), du = take(C * values);
        dq = take(C * keys), dk = take(C * keys), da = take(C * keys);
        dread = take(2 * C * keys), dwritten = take(C * keys);
        M = take(C * C), N = take(C * C);
        packed = take(2 * C * values), turned = take(2 * C * keys);
    }

    Size readers() const { return delta ? 2 * steps : steps; }
    Real beta(Size t) const { return head.scan.beta[head.number(first + t)]; }
    Matrix<Real> of_keys(Real* rows, Size count) const { return {rows, count, n, keys}; }
    Matrix<Real> of_values(Real* rows, Size count) const { return {rows, count, values, values}; }
    Matrix<Real> memory(Real* S) const { return {S, n, values, values}; }
    Matrix<Real> square(Real* x) const { return {x, steps, steps, C}; }
};

template <class Real>
void load(const MatrixChunk<Real>& chunk) {
    const MatrixScan<Real>& scan = chunk.head.scan;
    for (Size t = 0; t < chunk.steps; ++t) {
        const Size step = chunk.first + t, place = t * chunk.keys;
        widen(scan.q + chunk.head.keys(step), chunk.n, chunk.q + place);
        widen(scan.k + chunk.head.keys(step), chunk.n, chunk.k + place);
        widen(scan.v + chunk.head.values(step), scan.m, chunk.u + t * chunk.values);
        if (scan.decay == MatrixDecay::row)
            widen(scan.a + chunk.head.keys(step), chunk.n, chunk.a + place);
        else
            std::fill_n(chunk.a + place, chunk.keys,
                        scan.decay == MatrixDecay::head ? scan.a[chunk.head.number(step)] : Real{1});
    }
}

/// J vectors of the keys' columns: what is read and written of the matrix, and what they add to P and L.
template <Size J, class Real>
HWY_INLINE void relate_columns(const MatrixChunk<Real>& chunk, Size column) {
    const Tag<Real> d;
    const Size keys = chunk.keys, steps = chunk.steps;
    const auto at = [&](const Real* rows, Size t, Size j)
                        HWY_ATTR { return hn::LoadU(d, rows + t * keys + column + j * lanes<Real>); };
    const auto put = [&](Vector<Real> v, Real* rows, Size t, Size j)
                         HWY_ATTR { hn::StoreU(v, d, rows + t * keys + column + j * lanes<Real>); };
    Vector<Real> w[J];
    for (Size j = 0; j < J; ++j) w[j] = hn::Set(d, Real{1});
    for (Size t = 0; t < steps; ++t)
        for (Size j = 0; j < J; ++j) {
            w[j] = hn::Mul(w[j], at(chunk.a, t, j));
            put(hn::Mul(w[j], at(chunk.q, t, j)), chunk.read, t, j);
            put(hn::Mul(w[j], at(chunk.k, t, j)), chunk.read, steps + t, j);
        }
    for (Size j = 0; j < J; ++j) put(w[j], chunk.all, 0, j);
    const auto add = [&](Real* to, Vector<Real> v) HWY_ATTR {
        const Real total = hn::GetLane(hn::SumOfLanes(d, v));
        *to = column == 0 ? total : *to + total;
    };
    for (Size s = 0; s < steps; ++s) {
        for (Size j = 0; j < J; ++j) w[j] = at(chunk.k, s, j);
        for (Size t = s; t < steps; ++t) {
            auto p = hn::Zero(d), l = p;
            for (Size j = 0; j < J; ++j) {
                if (t > s) w[j] = hn::Mul(w[j], at(chunk.a, t, j));
                p = hn::MulAdd(w[j], at(chunk.q, t, j), p);
                if (chunk.delta) l = hn::MulAdd(w[j], at(chunk.k, t, j), l);
            }
            add(chunk.P + t * chunk.C + s, p);
            if (chunk.delta && t > s) add(chunk.L + t * chunk.C + s, l);
        }
        for (Size j = 0; j < J; ++j) put(w[j], chunk.written, s, j);
    }
}

/// to += Σ_s factors[s] from[s], of rows `width` wide.
template <class Real>
HWY_INLINE void add_rows(Size count, Size width, const Real* factors, Size stride, const Real* from, Real* to) {
    const Tag<Real> d;
    for (Size column = 0; column < width; column += lanes<Real>) {
        auto sum = hn::LoadU(d, to + column);
        for (Size s = 0; s < count; ++s)
            sum = hn::MulAdd(hn::Set(d, factors[s * stride]), hn::LoadU(d, from + s * width + column), sum);
        hn::StoreU(sum, d, to + column);
    }
}

/// P, L and U from the matrix before the chunk; o becomes what is read of that matrix.
template <class Real>
void relate(const MatrixChunk<Real>& chunk, Real* S, bool queries) {
    const Tag<Real> d;
    load(chunk);
    std::fill_n(chunk.P, chunk.C * chunk.C, Real{0}), std::fill_n(chunk.L, chunk.C * chunk.C, Real{0});
    for_each_group<group>(chunk.keys / lanes<Real>,
                          [&](Size i, auto J) HWY_ATTR { relate_columns<J()>(chunk, i * lanes<Real>); });
    const Size skipped = queries ? 0 : chunk.steps, count = chunk.readers() - std::min(skipped, chunk.readers());
    if (count > 0)
        multiply<Real>(chunk.of_keys(chunk.read + skipped * chunk.keys, count), chunk.memory(S),
                       chunk.of_values(chunk.o + skipped * chunk.values, count), Into::overwrite);
    if (!chunk.delta) return;
    for (Size t = 0; t < chunk.steps; ++t) {
        Real* const u = chunk.u + t * chunk.values;
        Real* const before = chunk.o + (chunk.steps + t) * chunk.values;
        add_rows(t, chunk.values, chunk.L + t * chunk.C, 1, chunk.u, before);
        const auto beta = hn::Set(d, chunk.beta(t));
        for (Size j = 0; j < chunk.values; j += lanes<Real>) {
            const auto rest = hn::Sub(hn::LoadU(d, u + j), hn::LoadU(d, before + j));
            hn::StoreU(rest, d, chunk.rest + t * chunk.values + j);
            hn::StoreU(hn::Mul(beta, rest), d, u + j);
        }
    }
}

/// R rows from row `i` of J vectors of columns: to = the chunk's decay of `from`, and Σ_s of keys[s] values[s]ᵀ.
template <Size R, Size J, class Real>
HWY_INLINE void update_tile(const MatrixChunk<Real>& chunk, const Real* from, Real* to, Size i, Size count,
                            const Real* HWY_RESTRICT keys, const Real* HWY_RESTRICT values) {
    const Tag<Real> d;
    Vector<Real> sum[R][J];
    for (Size r = 0; r < R; ++r)
        for (Size j = 0; j < J; ++j)
            sum[r][j] = hn::Mul(hn::Set(d, chunk.all[i + r]), hn::LoadU(d, from + r * chunk.values + j * lanes<Real>));
    for (Size s = 0; s < count; ++s, keys += chunk.keys, values += chunk.values) {
        Vector<Real> value[J];
        for (Size j = 0; j < J; ++j) value[j] = hn::LoadU(d, values + j * lanes<Real>);
#pragma GCC unroll 8
        for (Size r = 0; r < R; ++r)
            for (Size j = 0; j < J; ++j) sum[r][j] = hn::MulAdd(hn::Set(d, keys[i + r]), value[j], sum[r][j]);
    }
    for (Size r = 0; r < R; ++r)
        for (Size j = 0; j < J; ++j) hn::StoreU(sum[r][j], d, to + r * chunk.values + j * lanes<Real>);
}

/// to (n, values) = the chunk's decay of `from`, which it may be, and Σ_s of keys[s] values[s]ᵀ for `count` rows.
template <class Real>
void update(const MatrixChunk<Real>& chunk, const Real* from, Real* to, Size count, const Real* keys,
            const Real* values) {
    for_each_group<group>(chunk.n, [&](Size i, auto R) HWY_ATTR {
        for_each_group<2>(chunk.values / lanes<Real>, [&](Size vector, auto J) HWY_ATTR {
            const Size column = vector * lanes<Real>, place = i * chunk.values + column;
            update_tile<R(), J()>(chunk, from + place, to + place, i, count, keys, values + column);
        });
    });
}

template <class Real>
Real dot(const Real* a, const Real* b, Size n) {
    return sum<Real>(
        n, [](auto, auto u, auto v) HWY_ATTR { return hn::Mul(u, v); }, a, b);
}

template <class Real>
void put_row(const Real* from, const GradientRows<Real>& to, Size place, Size n) {
    if (!to.rows) return;
    for (Size i = 0; i < n; ++i)
        to.rows[place + i] = to.into == Into::overwrite ? from[i] : to.rows[place + i] + from[i];
}

/// The gradients of what was written, and of what was read by the delta rule; those of v and beta.
template <class Real>
void written_backward(const MatrixChunk<Real>& chunk, Real* dS, const MatrixScanBackward<Real>& scan) {
    const Size steps = chunk.steps, values = chunk.values;
    multiply<Real>(chunk.of_keys(chunk.written, steps), chunk.memory(dS), chunk.of_values(chunk.du, steps),
                   Into::overwrite);
    multiply<Real>(chunk.square(chunk.P).transposed(), chunk.of_values(chunk.o, steps),
                   chunk.of_values(chunk.du, steps), Into::add);
    for (Size t = steps; t-- > 0;) {
        Real* const du = chunk.du + t * values;
        if (chunk.delta) {
            Real* const dbefore = chunk.o + (steps + t) * values;
            add_rows(steps - 1 - t, values, chunk.L + (t + 1) * chunk.C + t, chunk.C, dbefore + values, du);
            const Real dbeta = dot(du, chunk.rest + t * values, chunk.head.scan.m), beta = chunk.beta(t);
            for (Size j = 0; j < values; ++j) du[j] *= beta, dbefore[j] = -du[j];
            put_row(&dbeta, scan.dbeta, chunk.head.number(chunk.first + t), 1);
        }
        put_row(du, scan.dv, chunk.head.values(chunk.first + t), chunk.head.scan.m);
    }
}

/// M and N, and the gradients of what is read and written by way of the matrices before and after the chunk.
template <class Real>
void matrices_backward(const MatrixChunk<Real>& chunk, Real* S, Real* dS) {
    const Size steps = chunk.steps, readers = chunk.readers(), n = chunk.n;
    const auto times = [&](const Matrix<Real>& a, const Matrix<Real>& rows, const Matrix<Real>& c) {
        products<Real>().pack(rows.transposed(), chunk.packed);
        products<Real>().multiply_packed(a, 0, {chunk.packed, rows.columns, rows.rows}, 0, c, Into::overwrite);
    };
    const auto turn = [&](Size count, Real* to) {
        transpose<Real>(chunk.turned, count, n, count, to, chunk.keys);
        for (Size t = 0; t < count; ++t) std::fill(to + t * chunk.keys + n, to + (t + 1) * chunk.keys, Real{0});
    };
    const auto u = chunk.of_values(chunk.u, steps), d_o = chunk.of_values(chunk.o, readers);
    times(chunk.of_values(chunk.o, steps), u, chunk.square(chunk.M));
    if (chunk.delta) times(chunk.of_values(chunk.o + steps * chunk.values, steps), u, chunk.square(chunk.N));
    times(chunk.memory(dS), u, {chunk.turned, n, steps});
    turn(steps, chunk.dwritten);
    times(chunk.memory(S), d_o, {chunk.turned, n, readers});
    turn(readers, chunk.dread);
}

/// The gradients of J vectors of the keys' columns. `both`: what the decay of the whole chunk gets, S·dS of each row.
template <bool delta, bool decays, Size J, class Real>
HWY_INLINE void keys_backward(const MatrixChunk<Real>& chunk, const Real* both, Size column) {
    const Tag<Real> d;
    const Size steps = chunk.steps;
    const auto at = [&](const Real* rows, Size t, Size j)
                        HWY_ATTR { return hn::LoadU(d, rows + t * chunk.keys + column + j * lanes<Real>); };
    const auto put = [&](Vector<Real> v, Real* rows, Size t, Size j)
                         HWY_ATTR { hn::StoreU(v, d, rows + t * chunk.keys + column + j * lanes<Real>); };
    const auto factor = [&](const Real* x, Size t, Size s) HWY_ATTR { return hn::Set(d, x[t * chunk.C + s]); };
    ChunkColumn<Real, scan_interval> da[J], before[J];
    for (Size t = 0; t < steps; ++t) {
        Vector<Real> dq[J], dk[J];
        for (Size j = 0; j < J; ++j) {
            da[j].set(t, hn::Zero(d)), dq[j] = at(chunk.dread, t, j);
            dk[j] = delta ? at(chunk.dread, steps + t, j) : hn::Zero(d);
        }
        for (Size s = 0; s < t; ++s) {
            const auto M = factor(chunk.M, t, s), N = delta ? factor(chunk.N, t, s) : M;
            for (Size j = 0; j < J; ++j) {
                const auto a = at(chunk.a, s, j), k = at(chunk.k, s, j);
                dq[j] = hn::MulAdd(a, dq[j], hn::Mul(M, k));
                if (delta) dk[j] = hn::MulAdd(a, dk[j], hn::Mul(N, k));
            }
        }
        for (Size j = 0; j < J; ++j) {
            const auto a = at(chunk.a, t, j), k = at(chunk.k, t, j);
            put(hn::MulAdd(a, dq[j], hn::Mul(factor(chunk.M, t, t), k)), chunk.dq, t, j);
            put(hn::Mul(a, dk[j]), chunk.dk, t, j);
        }
    }
    for (Size s = 0; s < steps; ++s) {
        Vector<Real> dS[J];
        for (Size j = 0; j < J; ++j) {
            auto past = at(chunk.k, s, j);
            for (Size t = s + 1; decays && t < steps; ++t)
                before[j].set(t, past), past = hn::Mul(past, at(chunk.a, t, j));
            dS[j] = at(chunk.dwritten, s, j);
        }
        for (Size t = steps - 1; t > s; --t) {
            const auto M = factor(chunk.M, t, s), N = delta ? factor(chunk.N, t, s) : M;
            for (Size j = 0; j < J; ++j) {
                dS[j] = hn::MulAdd(M, at(chunk.q, t, j), dS[j]);
                if (delta) dS[j] = hn::MulAdd(N, at(chunk.k, t, j), dS[j]);
                if (decays) da[j].set(t, hn::MulAdd(before[j][t], dS[j], da[j][t]));
                dS[j] = hn::Mul(at(chunk.a, t, j), dS[j]);
            }
        }
        for (Size j = 0; j < J; ++j) {
            dS[j] = hn::MulAdd(factor(chunk.M, s, s), at(chunk.q, s, j), dS[j]);
            put(hn::Add(dS[j], at(chunk.dk, s, j)), chunk.dk, s, j);
        }
    }
    for (Size j = 0; decays && j < J; ++j) {
        auto past = hn::Set(d, Real{1}), dS = at(both, 0, j);
        for (Size t = 0; t < steps; ++t) before[j].set(t, past), past = hn::Mul(past, at(chunk.a, t, j));
        for (Size t = steps; t-- > 0;) {
            dS = hn::MulAdd(at(chunk.q, t, j), at(chunk.dread, t, j), dS);
            if (delta) dS = hn::MulAdd(at(chunk.k, t, j), at(chunk.dread, steps + t, j), dS);
            put(hn::MulAdd(before[j][t], dS, da[j][t]), chunk.da, t, j);
            dS = hn::Mul(at(chunk.a, t, j), dS);
        }
    }
}

/// Calls body(constant delta, constant decays).
template <class Body>
void with_rule(bool delta, bool decays, Body body) {
    const auto with = [&](auto is_delta) {
        if (decays)
            body(is_delta, std::true_type());
        else
            body(is_delta, std::false_type());
    };
    if (delta)
        with(std::true_type());
    else
        with(std::false_type());
}

/// From the matrix before the chunk and the gradient of the one after it to all others; dS becomes that of the first.
template <class Real>
void chunk_backward(const MatrixScanBackward<Real>& scan, const MatrixChunk<Real>& chunk, Real* S, Real* dS) {
    const MatrixScan<Real>& forward = *scan.forward;
    const HeadRows<Real>& head = chunk.head;
    const Size n = chunk.n, values = chunk.values;
    const bool decays = forward.decay != MatrixDecay::none;
    relate(chunk, S, false);
    for (Size t = 0; t < chunk.steps; ++t)
        widen(scan.d_o + head.values(chunk.first + t), forward.m, chunk.o + t * values);
    written_backward(chunk, dS, scan);
    matrices_backward(chunk, S, dS);
    if (decays) {
        for (Size i = 0; i < n; ++i) chunk.turned[i] = dot(S + i * values, dS + i * values, values);
        std::fill(chunk.turned + n, chunk.turned + chunk.keys, Real{0});
    }
    with_rule(chunk.delta, decays, [&](auto is_delta, auto has_decays) HWY_ATTR {
        for_each_group<2>(chunk.keys / lanes<Real>, [&](Size vector, auto J) HWY_ATTR {
            keys_backward<is_delta(), has_decays(), J()>(chunk, chunk.turned, vector * lanes<Real>);
        });
    });
    update(chunk, dS, dS, chunk.readers(), chunk.read, chunk.o);
    for (Size t = 0; t < chunk.steps; ++t) {
        const Size step = chunk.first + t, place = t * chunk.keys;
        put_row(chunk.dq + place, scan.dq, head.keys(step), n);
        put_row(chunk.dk + place, scan.dk, head.keys(step), n);
        if (forward.decay == MatrixDecay::row) put_row(chunk.da + place, scan.da, head.keys(step), n);
        if (forward.decay != MatrixDecay::head) continue;
        const Real total = sum<Real>(
            n, [](auto, auto v) HWY_ATTR { return v; }, chunk.da + place);
        put_row(&total, scan.da, head.number(step), 1);
    }
}

}  // namespace
}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
