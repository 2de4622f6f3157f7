// Kernels of matrices as memory: linear attention, with decay and the delta rule.
//
// A head's matrix is copied into rows of whole vectors and stays in the first two caches. A step goes over it once, a
// few vectors of columns at a time, with all that a column needs in registers: decay, what is written and what is read
// are one pass. Backward computes the matrices of up to scan_interval steps again from the one that was kept.
#include <algorithm>
#include <utility>

#include "kernels/targets.h"
#include "unroll/kernels/processor.h"
#include "unroll/kernels/scan.h"
#include "unroll/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/matrix_scan.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/scan.h"
#include "kernels/state_space-inl.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

/// Vectors of columns at once: as many as the registers hold, thrice.
constexpr Size group = lanes<float> >= 16 ? 8 : 4;

/// One head of one sequence: where its rows are.
template <class Real>
struct HeadRows {
    const MatrixScan<Real>& scan;
    const Size b, head;

    Size length() const { return scan.time.length(b); }
    Size step(Size t) const { return t * scan.time.B + b; }
    const Real* q(Size t) const { return scan.q + keys(t); }
    const Real* k(Size t) const { return scan.k + keys(t); }
    const Real* v(Size t) const { return scan.v + values(t); }
    Size keys(Size t) const { return (step(t) * scan.heads + head) * scan.n; }
    Size values(Size t) const { return (step(t) * scan.heads + head) * scan.m; }
    Size number(Size t) const { return step(t) * scan.heads + head; }
    Size state() const { return head * scan.n * scan.m; }
    Real* kept(Size chunk) const {
        const Size size = scan.n * matrix_row(scan.m);
        return scan.kept + ((chunk * scan.time.B + b) * scan.heads + head) * size;
    }
    /// The decay of each row at step t.
    void decays(Size t, Real* to) const {
        if (scan.decay == MatrixDecay::row)
            std::copy_n(scan.a + keys(t), scan.n, to);
        else
            std::fill_n(to, scan.n, scan.decay == MatrixDecay::head ? scan.a[number(t)] : Real{1});
    }
};

/// The workspace of one thread.
template <class Real>
struct MatrixWork {
    Size row, matrix;
    Real* S;      ///< the matrices before a chunk's first step and after each
    Real* dS;     ///< of the matrix on its way
    Real *u, *r;  ///< what a chunk's steps wrote, and by the delta rule v - S̄ᵀ k
    Real *v, *o;  ///< a row
    Real *du, *dp;
    Real *a, *dq, *dk, *da;  ///< a number for each row of the matrix

    MatrixWork(Real* base, Size n, Size m) : row(matrix_row(m)), matrix(n * row) {
        const auto take = [&base](Size size) { return std::exchange(base, base + size); };
        S = take((scan_interval + 1) * matrix), dS = take(matrix);
        u = take(scan_interval * row), r = take(scan_interval * row);
        v = take(row), o = take(row), du = take(row), dp = take(row);
        a = take(matrix_row(n)), dq = take(matrix_row(n)), dk = take(matrix_row(n)), da = take(matrix_row(n));
    }
};

/// n numbers, then zeros to a whole number of vectors.
template <class Real>
void widen(const Real* from, Size n, Real* to) {
    std::copy_n(from, n, to);
    std::fill(to + n, to + matrix_row(n), Real{0});
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

/// Calls body(first column, constant J) for groups of J vectors of a row.
template <class Real, class Body>
HWY_INLINE void for_each_columns(Size row, Body body) {
    for_each_group<group>(row / lanes<Real>, [&](Size k, auto J) HWY_ATTR { body(k * lanes<Real>, J); });
}

/// What a step writes: u, and r where it is not null.
template <class Real>
struct Written {
    const Real* v;
    const Real* beta;  ///< null: no delta rule
    Real *u, *r;
};

/// A step in J vectors of columns: from S to `next`, which may be S; o is overwritten, null: not wanted.
template <Size J, class Real>
HWY_INLINE void forward_columns(const Real* S, Real* next, Size row, Size n, Size column, const Real* a, const Real* k,
                                const Real* q, const Written<Real>& written, Real* o) {
    const Tag<Real> d;
    Vector<Real> u[J], sum[J];
    for (Size j = 0; j < J; ++j) u[j] = hn::LoadU(d, written.v + column + j * lanes<Real>), sum[j] = hn::Zero(d);
    if (written.beta) {
        for (Size i = 0; i < n; ++i) {
            const auto factor = hn::Set(d, a[i] * k[i]);
#pragma GCC unroll 8
            for (Size j = 0; j < J; ++j)
                sum[j] = hn::MulAdd(factor, hn::LoadU(d, S + i * row + column + j * lanes<Real>), sum[j]);
        }
        const auto beta = hn::Set(d, *written.beta);
        for (Size j = 0; j < J; ++j) {
            const auto rest = hn::Sub(u[j], sum[j]);
            if (written.r) hn::StoreU(rest, d, written.r + column + j * lanes<Real>);
            u[j] = hn::Mul(beta, rest), sum[j] = hn::Zero(d);
        }
    }
    if (written.u)
        for (Size j = 0; j < J; ++j) hn::StoreU(u[j], d, written.u + column + j * lanes<Real>);
    for (Size i = 0; i < n; ++i) {
        const auto decay = hn::Set(d, a[i]), key = hn::Set(d, k[i]), query = hn::Set(d, o ? q[i] : Real{0});
#pragma GCC unroll 8
        for (Size j = 0; j < J; ++j) {
            const Size place = i * row + column + j * lanes<Real>;
            const auto s = hn::MulAdd(key, u[j], hn::Mul(decay, hn::LoadU(d, S + place)));
            hn::StoreU(s, d, next + place);
            sum[j] = hn::MulAdd(query, s, sum[j]);
        }
    }
    if (o)
        for (Size j = 0; j < J; ++j) hn::StoreU(sum[j], d, o + column + j * lanes<Real>);
}

template <class Real>
HWY_INLINE void forward_step(const HeadRows<Real>& head, Size t, const MatrixWork<Real>& work, const Real* S,
                             Real* next, Real* u, Real* r, Real* o) {
    head.decays(t, work.a);
    widen(head.v(t), head.scan.m, work.v);
    const Written<Real> written{work.v, head.scan.beta ? head.scan.beta + head.number(t) : nullptr, u, r};
    for_each_columns<Real>(work.row, [&](Size column, auto J) HWY_ATTR {
        forward_columns<J()>(S, next, work.row, head.scan.n, column, work.a, head.k(t), head.q(t), written, o);
    });
}

template <class Real>
void matrix_scan(const MatrixScan<Real>& scan, Size first, Size last, Size place) {
    const Size n = scan.n, m = scan.m;
    const MatrixWork<Real> work(scan.workspace + place * matrix_scan_place(n, m), n, m);
    for (Size part = first; part < last; ++part) {
        const HeadRows<Real> head{scan, part / scan.heads, part % scan.heads};
        widen_rows<Real>(scan.S_before ? scan.S_before[head.b] + head.state() : nullptr, n, m, work.S);
        for (Size t = 0; t < head.length(); ++t) {
            if (t % scan_interval == 0) std::copy_n(work.S, work.matrix, head.kept(t / scan_interval));
            forward_step<Real>(head, t, work, work.S, work.S, nullptr, nullptr, work.o);
            std::copy_n(work.o, m, scan.o + head.values(t));
        }
        if (scan.S_after) narrow_rows(work.S, n, m, scan.S_after[head.b] + head.state());
        for (Size t = head.length(); t < scan.time.T; ++t) std::fill_n(scan.o + head.values(t), m, Real{0});
    }
}

/// to[i] = or += the sum of the i-th row's lanes.
template <class Real>
HWY_INLINE void put_sum(Vector<Real> v, Real* to, bool fresh) {
    const Real total = hn::GetLane(hn::SumOfLanes(Tag<Real>(), v));
    *to = fresh ? total : *to + total;
}

/// The gradients that o brings, in J vectors of columns: to S', to q, and what of it u has.
template <Size J, class Real>
HWY_INLINE void read_backward(const MatrixWork<Real>& work, const Real* after, Size n, Size column, const Real* k,
                              const Real* q, const Real* d_o) {
    const Tag<Real> d;
    const bool fresh = column == 0;
    Vector<Real> gradient[J], du[J];
    for (Size j = 0; j < J; ++j) gradient[j] = hn::LoadU(d, d_o + column + j * lanes<Real>), du[j] = hn::Zero(d);
    for (Size i = 0; i < n; ++i) {
        const auto query = hn::Set(d, q[i]), key = hn::Set(d, k[i]);
        auto dq = hn::Zero(d);
#pragma GCC unroll 8
        for (Size j = 0; j < J; ++j) {
            const Size place = i * work.row + column + j * lanes<Real>;
            const auto dS = hn::MulAdd(query, gradient[j], hn::LoadU(d, work.dS + place));
            hn::StoreU(dS, d, work.dS + place);
            du[j] = hn::MulAdd(key, dS, du[j]);
            dq = hn::MulAdd(gradient[j], hn::LoadU(d, after + place), dq);
        }
        put_sum<Real>(dq, work.dq + i, fresh);
    }
    for (Size j = 0; j < J; ++j) hn::StoreU(du[j], d, work.du + column + j * lanes<Real>);
}

/// From the gradient of S' to those of k and a, and of S, in J vectors of columns. `dp` is the gradient of S̄ᵀ k.
template <Size J, class Real>
HWY_INLINE void write_backward(const MatrixWork<Real>& work, const Real* S, const Real* u, bool delta, Size n,
                               Size column, const Real* k) {
    const Tag<Real> d;
    const bool fresh = column == 0;
    Vector<Real> written[J], dp[J];
    for (Size j = 0; j < J; ++j) {
        written[j] = hn::LoadU(d, u + column + j * lanes<Real>);
        dp[j] = delta ? hn::LoadU(d, work.dp + column + j * lanes<Real>) : hn::Zero(d);
    }
    for (Size i = 0; i < n; ++i) {
        const auto key = hn::Set(d, k[i]), decay = hn::Set(d, work.a[i]);
        auto dk = hn::Zero(d), da = dk, dk_before = dk;
#pragma GCC unroll 8
        for (Size j = 0; j < J; ++j) {
            const Size place = i * work.row + column + j * lanes<Real>;
            const auto before = hn::LoadU(d, S + place), dS = hn::LoadU(d, work.dS + place);
            dk = hn::MulAdd(written[j], dS, dk);
            dk_before = hn::MulAdd(dp[j], before, dk_before);
            const auto kept = hn::MulAdd(key, dp[j], dS);
            da = hn::MulAdd(kept, before, da);
            hn::StoreU(hn::Mul(decay, kept), d, work.dS + place);
        }
        put_sum<Real>(hn::MulAdd(decay, dk_before, dk), work.dk + i, fresh);
        put_sum<Real>(da, work.da + i, fresh);
    }
}

template <class Real>
void put_row(const Real* from, const GradientRows<Real>& to, Size place, Size n) {
    if (!to.rows) return;
    for (Size i = 0; i < n; ++i)
        to.rows[place + i] = to.into == Into::overwrite ? from[i] : to.rows[place + i] + from[i];
}

template <class Real>
Real dot(const Real* a, const Real* b, Size n) {
    return sum<Real>(
        n, [](auto, auto u, auto v) HWY_ATTR { return hn::Mul(u, v); }, a, b);
}

/// Step t, the i-th of its chunk.
template <class Real>
void backward_step(const MatrixScanBackward<Real>& scan, const HeadRows<Real>& head, Size t, Size i,
                   const MatrixWork<Real>& work) {
    const Size n = head.scan.n, m = head.scan.m;
    const bool delta = head.scan.beta != nullptr;
    const Real* const u = work.u + i * work.row;
    head.decays(t, work.a);
    widen(scan.d_o + head.values(t), m, work.o);
    for_each_columns<Real>(work.row, [&](Size column, auto J) HWY_ATTR {
        read_backward<J()>(work, work.S + (i + 1) * work.matrix, n, column, head.k(t), head.q(t), work.o);
    });
    Real dbeta = 0;
    if (delta) {
        const Real beta = head.scan.beta[head.number(t)];
        dbeta = dot(work.du, work.r + i * work.row, m);
        for (Size j = 0; j < work.row; ++j) work.du[j] *= beta, work.dp[j] = -work.du[j];
    }
    for_each_columns<Real>(work.row, [&](Size column, auto J) HWY_ATTR {
        write_backward<J()>(work, work.S + i * work.matrix, u, delta, n, column, head.k(t));
    });
    put_row(work.dq, scan.dq, head.keys(t), n);
    put_row(work.dk, scan.dk, head.keys(t), n);
    put_row(work.du, scan.dv, head.values(t), m);
    if (head.scan.decay == MatrixDecay::row) put_row(work.da, scan.da, head.keys(t), n);
    if (head.scan.decay == MatrixDecay::head) {
        Real total = 0;
        for (Size row = 0; row < n; ++row) total += work.da[row];
        put_row(&total, scan.da, head.number(t), 1);
    }
    if (delta) put_row(&dbeta, scan.dbeta, head.number(t), 1);
}

/// Zeros at and after the length, where gradients are overwritten.
template <class Real>
void clear_gradients(const MatrixScanBackward<Real>& scan, const HeadRows<Real>& head) {
    const auto clear = [](const GradientRows<Real>& to, Size place, Size n) {
        if (to.rows && to.into == Into::overwrite) std::fill_n(to.rows + place, n, Real{0});
    };
    const Size n = head.scan.n, m = head.scan.m;
    for (Size t = head.length(); t < head.scan.time.T; ++t) {
        clear(scan.dq, head.keys(t), n), clear(scan.dk, head.keys(t), n), clear(scan.dv, head.values(t), m);
        if (head.scan.beta) clear(scan.dbeta, head.number(t), 1);
        if (head.scan.decay == MatrixDecay::row) clear(scan.da, head.keys(t), n);
        if (head.scan.decay == MatrixDecay::head) clear(scan.da, head.number(t), 1);
    }
}

template <class Real>
void matrix_scan_backward(const MatrixScanBackward<Real>& scan, Size first, Size last, Size place) {
    const MatrixScan<Real>& forward = *scan.forward;
    const Size n = forward.n, m = forward.m;
    const MatrixWork<Real> work(scan.workspace + place * matrix_scan_place(n, m), n, m);
    for (Size part = first; part < last; ++part) {
        const HeadRows<Real> head{forward, part / forward.heads, part % forward.heads};
        widen_rows<Real>(scan.dS_after ? scan.dS_after[head.b] + head.state() : nullptr, n, m, work.dS);
        for (Size chunk = chunks(head.length()); chunk-- > 0;) {
            const Size begin = chunk * scan_interval, steps = std::min(scan_interval, head.length() - begin);
            std::copy_n(head.kept(chunk), work.matrix, work.S);
            for (Size i = 0; i < steps; ++i)
                forward_step<Real>(head, begin + i, work, work.S + i * work.matrix, work.S + (i + 1) * work.matrix,
                                   work.u + i * work.row, work.r + i * work.row, nullptr);
            for (Size i = steps; i-- > 0;) backward_step(scan, head, begin + i, i, work);
        }
        clear_gradients(scan, head);
        if (scan.dS_before) narrow_rows(work.dS, n, m, scan.dS_before[head.b] + head.state());
    }
}

template <class Real>
constexpr MatrixScanKernels<Real> kernels = {
#define UNROLL_ENTRY(name, Scan) .name = &name<Real>,
    UNROLL_MATRIX_SCANS(UNROLL_ENTRY)
#undef UNROLL_ENTRY
};

}  // namespace

const MatrixScanSet& matrix_scan_set() {
    static constexpr MatrixScanSet set = {kernels<float>, kernels<double>};
    return set;
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
namespace {

HWY_EXPORT(matrix_scan_set);

template <class Real>
const MatrixScanKernels<Real>& kernels() {
    static const MatrixScanSet& set = (kernel_set(), HWY_DYNAMIC_DISPATCH(matrix_scan_set)());
    return std::get<MatrixScanKernels<Real>>(set);
}

/// More threads than this do not work on one scan, since each has a workspace.
constexpr Size most_parts = 16;

/// Calls kernel(first, last, which part) for all heads of all sequences.
template <class Real, class Kernel>
void for_each_head(const MatrixScan<Real>& scan, Kernel kernel) {
    const Size all = scan.time.B * scan.heads, grain = (all + most_parts - 1) / most_parts;
    parallel_for(all, grain, [&](Size first, Size last) { kernel(first, last, first / grain); });
}

}  // namespace

Size matrix_scan_kept(Size T, Size B, Size heads, Size n, Size m) {
    return scan_kept_size(T, B, heads * n * matrix_row(m));
}

Size matrix_scan_workspace(Size n, Size m) {
    return most_parts * matrix_scan_place(n, m);
}

template <class Real>
void matrix_scan(const MatrixScan<Real>& scan) {
    for_each_head(scan,
                  [&](Size first, Size last, Size place) { kernels<Real>().matrix_scan(scan, first, last, place); });
}

template <class Real>
void matrix_scan_backward(const MatrixScanBackward<Real>& scan) {
    for_each_head(*scan.forward, [&](Size first, Size last, Size place) {
        kernels<Real>().matrix_scan_backward(scan, first, last, place);
    });
}

#define UNROLL_DEFINE(name, Scan)           \
    template void name(const Scan<float>&); \
    template void name(const Scan<double>&);
UNROLL_MATRIX_SCANS(UNROLL_DEFINE)
#undef UNROLL_DEFINE

}  // namespace unroll
#endif
