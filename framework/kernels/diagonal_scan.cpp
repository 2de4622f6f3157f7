// Kernels of diagonal state space models, of S4D.
#include <algorithm>

#include "kernels/targets.h"
#include "unroll/kernels/processor.h"
#include "unroll/kernels/scan.h"
#include "unroll/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/diagonal_scan.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/scan.h"
#include "kernels/state_space-inl.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

template <class Real>
using Column = ChunkColumn<Real, diagonal_interval>;

/// J complex numbers of each channel, from (2, N, n).
template <Size J, class Real>
struct ComplexGroup {
    Vector<Real> re[J], im[J];

    template <class At>
    HWY_INLINE void load(At at, const Real* from, Size k, Size N, Size n) {
        for (Size j = 0; j < J; ++j) {
            re[j] = at.load(Tag<Real>(), from + (k + j) * n);
            im[j] = at.load(Tag<Real>(), from + (N + k + j) * n);
        }
    }
    template <class At>
    HWY_INLINE void store(At at, Real* to, Size k, Size N, Size n) const {
        for (Size j = 0; j < J; ++j) {
            at.store(Tag<Real>(), re[j], to + (k + j) * n);
            at.store(Tag<Real>(), im[j], to + (N + k + j) * n);
        }
    }
    /// Number j becomes a_j h_j + x.
    HWY_INLINE void step(const ComplexGroup& a, Size j, Vector<Real> x) {
        const auto real = hn::MulAdd(a.re[j], re[j], hn::NegMulAdd(a.im[j], im[j], x));
        im[j] = hn::MulAdd(a.re[j], im[j], hn::Mul(a.im[j], re[j]));
        re[j] = real;
    }
};

/// States k … k + J - 1 through the chunk; adds to y.
template <Size J, class Real, class At>
HWY_INLINE void diagonal_group(const DiagonalScan<Real>& scan, const Chunk& chunk, At at, Size k, const Column<Real>& x,
                               Column<Real>& y) {
    const Tag<Real> d;
    const Size n = scan.n, N = scan.N, state = 2 * N * n;
    ComplexGroup<J, Real> a, c, h;
    a.load(at, scan.a, k, N, n), c.load(at, scan.c, k, N, n);
    h.load(at, kept_state(scan, state, chunk.index, chunk.b), k, N, n);
    for (Size t = 0; t < chunk.steps; ++t) {
        const auto input = x[t];
        auto real = y[t], imaginary = hn::Zero(d);
#pragma GCC unroll 8
        for (Size j = 0; j < J; ++j) {
            h.step(a, j, input);
            real = hn::MulAdd(c.re[j], h.re[j], real);
            imaginary = hn::MulAdd(c.im[j], h.im[j], imaginary);
        }
        y.set(t, hn::Sub(real, imaginary));
    }
    if (Real* after = state_after(scan, state, chunk)) h.store(at, after, k, N, n);
}

/// Parts are channel_part channels: no sum goes over channels.
template <class Real>
void diagonal_scan(const DiagonalScan<Real>& scan, Size first, Size last) {
    const Tag<Real> d;
    const Size n = scan.n, begin = first * channel_part, end = std::min(n, last * channel_part);
    for (Size b = 0; b < scan.time.B; ++b) {
        const Size length = scan.time.length(b);
        keep_first(scan, 2 * scan.N, b, begin, end);
        for (Size i = 0; i < chunks(length, diagonal_interval); ++i) {
            const Chunk chunk(b, i, diagonal_interval, length);
            const RowsAhead<Real, 2> ahead{{scan.x, scan.y}, chunk.later(scan.time, 1), n};
            for_each_vector_of<Real>(begin, end, [&](auto at) HWY_ATTR {
                Column<Real> x, y;
                const auto skip = at.load(d, scan.skip);
                for (Size t = 0; t < chunk.steps; ++t) {
                    const Size row = chunk.row(t, scan.time.B) * n;
                    const auto value = at.load(d, scan.x + row);
                    x.set(t, value), y.set(t, hn::Mul(skip, value));
                    ahead.fetch(at, row, 0, 1);
                }
                for_each_group<4>(scan.N,
                                  [&](Size k, auto J) HWY_ATTR { diagonal_group<J()>(scan, chunk, at, k, x, y); });
                for (Size t = 0; t < chunk.steps; ++t) at.store(d, y[t], scan.y + chunk.row(t, scan.time.B) * n);
            });
        }
        clear_after(scan.time, b, scan.y, n, begin, end);
    }
}

/// The states k … k + J - 1 before the chunk and after each of its steps.
template <Size J, class Real>
struct PastStates {
    Column<Real> re[J], im[J];

    template <class At>
    HWY_INLINE void run(const DiagonalScan<Real>& scan, const Chunk& chunk, At at, Size k, const Column<Real>& x) {
        const Size n = scan.n, N = scan.N;
        ComplexGroup<J, Real> a, h;
        a.load(at, scan.a, k, N, n);
        h.load(at, kept_state(scan, 2 * N * n, chunk.index, chunk.b), k, N, n);
        for (Size j = 0; j < J; ++j) re[j].set(0, h.re[j]), im[j].set(0, h.im[j]);
        for (Size t = 0; t < chunk.steps; ++t) {
            const auto input = x[t];
#pragma GCC unroll 8
            for (Size j = 0; j < J; ++j) {
                h.step(a, j, input);
                re[j].set(t + 1, h.re[j]), im[j].set(t + 1, h.im[j]);
            }
        }
    }
};

/// States k … k + J - 1 back through the chunk, of which `re` and `im` have the past. Adds to dx.
template <Size J, class Real, class At>
HWY_INLINE void states_backward(const DiagonalScanBackward<Real>& scan, const Chunk& chunk, At at, Size k,
                                const Column<Real>* re, const Column<Real>* im, const Column<Real>& dy,
                                Column<Real>& dx) {
    const DiagonalScan<Real>& forward = *scan.forward;
    const Size n = forward.n, N = forward.N;
    ComplexGroup<J, Real> a, c, carry, da, dc;
    a.load(at, forward.a, k, N, n), c.load(at, forward.c, k, N, n), carry.load(at, scan.workspace, k, N, n);
    da.load(at, scan.da, k, N, n), dc.load(at, scan.dc, k, N, n);
    for (Size t = chunk.steps; t-- > 0;) {
        const auto out = dy[t];
        auto sum = dx[t];
#pragma GCC unroll 8
        for (Size j = 0; j < J; ++j) {
            const auto g_re = hn::MulAdd(c.re[j], out, carry.re[j]), g_im = hn::NegMulAdd(c.im[j], out, carry.im[j]);
            dc.re[j] = hn::MulAdd(out, re[j][t + 1], dc.re[j]);
            dc.im[j] = hn::NegMulAdd(out, im[j][t + 1], dc.im[j]);
            sum = hn::Add(sum, g_re);
            const auto h_re = re[j][t], h_im = im[j][t];
            da.re[j] = hn::MulAdd(g_re, h_re, hn::MulAdd(g_im, h_im, da.re[j]));
            da.im[j] = hn::MulAdd(g_im, h_re, hn::NegMulAdd(g_re, h_im, da.im[j]));
            carry.re[j] = hn::MulAdd(a.re[j], g_re, hn::Mul(a.im[j], g_im));
            carry.im[j] = hn::NegMulAdd(a.im[j], g_re, hn::Mul(a.re[j], g_im));
        }
        dx.set(t, sum);
    }
    carry.store(at, scan.workspace, k, N, n), da.store(at, scan.da, k, N, n), dc.store(at, scan.dc, k, N, n);
}

/// States k … k + J - 1 through the chunk and back. The way back has registers for two of them, but each step through
/// waits for the one before, which four hide.
template <Size J, class Real, class At>
HWY_INLINE void diagonal_group_backward(const DiagonalScanBackward<Real>& scan, const Chunk& chunk, At at, Size k,
                                        const Column<Real>& x, const Column<Real>& dy, Column<Real>& dx,
                                        const RowsAhead<Real, 3>& ahead) {
    constexpr Size together = std::min<Size>(J, 2);
    const DiagonalScan<Real>& forward = *scan.forward;
    PastStates<J, Real> past;
    for (Size t = 0; t < chunk.steps; ++t)
        ahead.fetch(at, chunk.row(t, forward.time.B) * forward.n, k / J, forward.N / J);
    past.run(forward, chunk, at, k, x);
    for (Size j = 0; j < J; j += together)
        states_backward<together>(scan, chunk, at, k + j, past.re + j, past.im + j, dy, dx);
}

template <class Real, class At>
void diagonal_channels_backward(const DiagonalScanBackward<Real>& scan, const Chunk& chunk, At at,
                                const RowsAhead<Real, 3>& ahead) {
    const Tag<Real> d;
    const DiagonalScan<Real>& forward = *scan.forward;
    const Size n = forward.n, B = forward.time.B;
    Column<Real> x, dy, dx;
    const auto skip = at.load(d, forward.skip);
    auto dskip = at.load(d, scan.dskip);
    for (Size t = chunk.steps; t-- > 0;) {
        const Size row = chunk.row(t, B) * n;
        const auto value = at.load(d, forward.x + row), out = at.load(d, scan.dy + row);
        x.set(t, value), dy.set(t, out), dx.set(t, hn::Mul(skip, out));
        dskip = hn::MulAdd(out, value, dskip);
    }
    at.store(d, dskip, scan.dskip);
    for_each_group<4>(forward.N, [&](Size k, auto J)
                                     HWY_ATTR { diagonal_group_backward<J()>(scan, chunk, at, k, x, dy, dx, ahead); });
    for (Size t = 0; t < chunk.steps; ++t) at.store(d, dx[t], scan.dx + chunk.row(t, B) * n);
}

template <class Real>
void diagonal_scan_backward(const DiagonalScanBackward<Real>& scan, Size first, Size last) {
    const DiagonalScan<Real>& forward = *scan.forward;
    const Size n = forward.n, planes = 2 * forward.N;
    const Size begin = first * channel_part, end = std::min(n, last * channel_part);
    copy_planes<Real>(nullptr, scan.da, planes, n, begin, end);
    copy_planes<Real>(nullptr, scan.dc, planes, n, begin, end);
    copy_planes<Real>(nullptr, scan.dskip, 1, n, begin, end);
    for (Size b = 0; b < forward.time.B; ++b) {
        const Size length = forward.time.length(b);
        copy_planes<Real>(scan.dh_after ? scan.dh_after[b] : nullptr, scan.workspace, planes, n, begin, end);
        for (Size i = chunks(length, diagonal_interval); i-- > 0;) {
            const Chunk chunk(b, i, diagonal_interval, length);
            const RowsAhead<Real, 3> ahead{{forward.x, scan.dy, scan.dx}, chunk.later(forward.time, -1), n};
            for_each_vector_of<Real>(begin, end,
                                     [&](auto at) HWY_ATTR { diagonal_channels_backward(scan, chunk, at, ahead); });
        }
        clear_after(forward.time, b, scan.dx, n, begin, end);
        if (scan.dh_before) copy_planes<Real>(scan.workspace, scan.dh_before[b], planes, n, begin, end);
    }
}

template <class Real>
constexpr DiagonalScanKernels<Real> kernels = {
#define UNROLL_ENTRY(name, Scan) .name = &name<Real>,
    UNROLL_DIAGONAL_SCANS(UNROLL_ENTRY)
#undef UNROLL_ENTRY
};

}  // namespace

const DiagonalScanSet& diagonal_scan_set() {
    static constexpr DiagonalScanSet set = {kernels<float>, kernels<double>};
    return set;
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
namespace {

HWY_EXPORT(diagonal_scan_set);

template <class Real>
const DiagonalScanKernels<Real>& kernels() {
    static const DiagonalScanSet& set = (kernel_set(), HWY_DYNAMIC_DISPATCH(diagonal_scan_set)());
    return std::get<DiagonalScanKernels<Real>>(set);
}

/// Fewer numbers of states and steps are not worth handing to another core.
constexpr Size part_numbers = 16384;

}  // namespace

template <class Real>
void diagonal_scan(const DiagonalScan<Real>& scan) {
    parallel_for((scan.n + channel_part - 1) / channel_part,
                 1 + part_numbers / (scan.time.T * scan.time.B * 2 * scan.N * channel_part),
                 [&](Size first, Size last) { kernels<Real>().diagonal_scan(scan, first, last); });
}

template <class Real>
void diagonal_scan_backward(const DiagonalScanBackward<Real>& scan) {
    const DiagonalScan<Real>& forward = *scan.forward;
    parallel_for((forward.n + channel_part - 1) / channel_part,
                 1 + part_numbers / (forward.time.T * forward.time.B * 2 * forward.N * channel_part),
                 [&](Size first, Size last) { kernels<Real>().diagonal_scan_backward(scan, first, last); });
}

#define UNROLL_DEFINE(name, Scan)           \
    template void name(const Scan<float>&); \
    template void name(const Scan<double>&);
UNROLL_DIAGONAL_SCANS(UNROLL_DEFINE)
#undef UNROLL_DEFINE

}  // namespace unroll
#endif
