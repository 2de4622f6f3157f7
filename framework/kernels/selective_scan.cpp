// Kernels of the selective scan, of Mamba.
#include <algorithm>

#include "kernels/targets.h"
#include "unroll/kernels/processor.h"
#include "unroll/kernels/scan.h"
#include "unroll/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/selective_scan.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Once for each target, so below what sets the target.
#include <hwy/contrib/math/math-inl.h>

#include "kernels/math-inl.h"
#include "kernels/scan.h"
#include "kernels/state_space-inl.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

/// What a chunk's steps have of a vector of channels: Δ, Δ x, x, and on the way back dy.
template <class Real>
struct Steps {
    Column<Real> step, write, x, dy;

    template <class At>
    HWY_INLINE void load(const SelectiveScan<Real>& scan, const Chunk& chunk, At at) {
        const Tag<Real> d;
        const auto bias = at.load(d, scan.delta_bias);
        for (Size t = 0; t < chunk.steps; ++t) {
            const Size row = chunk.row(t, scan.time.B) * scan.n;
            const auto u = hn::Add(at.load(d, scan.delta + row), bias), value = at.load(d, scan.x + row);
            const auto e = exp_negative(d, hn::Or(u, hn::SignBit(d)));
            const auto positive = hn::Add(hn::Max(u, hn::Zero(d)), hn::Log1p(d, e));
            const auto delta = hn::IfThenElse(hn::Eq(u, u), positive, u);
            step.set(t, delta), write.set(t, hn::Mul(delta, value)), x.set(t, value);
        }
    }
};

/// States k … k + J - 1 through the chunk; adds to y.
template <Size J, class Real, class At>
HWY_INLINE void selective_group(const SelectiveScan<Real>& scan, const Chunk& chunk, At at, Size k,
                                const Steps<Real>& steps, Column<Real>& y) {
    const Tag<Real> d;
    const Size n = scan.n, state = scan.N * n;
    const Real* kept = kept_state(scan, state, chunk.index, chunk.b);
    Vector<Real> a[J], h[J];
    for (Size j = 0; j < J; ++j) a[j] = at.load(d, scan.a + (k + j) * n), h[j] = at.load(d, kept + (k + j) * n);
    for (Size t = 0; t < chunk.steps; ++t) {
        const Real *b = scan.b[chunk.row(t, scan.time.B)] + k, *c = scan.c[chunk.row(t, scan.time.B)] + k;
        const auto step = steps.step[t], write = steps.write[t];
        auto sum = y[t];
#pragma GCC unroll 8
        for (Size j = 0; j < J; ++j) {
            h[j] = hn::MulAdd(exp_negative(d, hn::Mul(step, a[j])), h[j], hn::Mul(write, hn::Set(d, b[j])));
            sum = hn::MulAdd(hn::Set(d, c[j]), h[j], sum);
        }
        y.set(t, sum);
    }
    Real* after = state_after(scan, state, chunk);
    for (Size j = 0; after && j < J; ++j) at.store(d, h[j], after + (k + j) * n);
}

template <class Real>
void selective_scan(const SelectiveScan<Real>& scan, Size first, Size last) {
    const Tag<Real> d;
    const Size n = scan.n;
    for (Size b = first; b < last; ++b) {
        const Size length = scan.time.length(b);
        keep_first(scan, scan.N, b, 0, n);
        for (Size i = 0; i < chunks(length); ++i) {
            const Chunk chunk(b, i, length);
            for_each_vector_of<Real>(0, n, [&](auto at) HWY_ATTR {
                Steps<Real> steps;
                Column<Real> y;
                steps.load(scan, chunk, at);
                const auto skip = at.load(d, scan.skip);
                for (Size t = 0; t < chunk.steps; ++t) y.set(t, hn::Mul(skip, steps.x[t]));
                for_each_group<4>(scan.N,
                                  [&](Size k, auto J) HWY_ATTR { selective_group<J()>(scan, chunk, at, k, steps, y); });
                for (Size t = 0; t < chunk.steps; ++t) at.store(d, y[t], scan.y + chunk.row(t, scan.time.B) * n);
            });
        }
        clear_after(scan.time, b, scan.y, n, 0, n);
    }
}

/// Of one thread, in the workspace: the gradient of the state on its way, and for each step and state of a chunk the
/// gradients of b and c, a vector of channels that are still to be added up.
template <class Real>
struct SelectiveWork {
    Real *carry, *db, *dc;

    static Size size(Size N, Size n) { return N * n + 2 * scan_interval * N * channel_part; }
    SelectiveWork(const SelectiveScanBackward<Real>& scan, Size part) {
        const Size N = scan.forward->N, n = scan.forward->n;
        carry = scan.workspace + part * size(N, n);
        db = carry + N * n;
        dc = db + scan_interval * N * channel_part;
    }
};

/// The states and decays of a group at all steps of a chunk, from the state that was kept.
template <Size J, class Real>
struct Recomputed {
    Column<Real> h[J], decay[J];

    template <class At>
    HWY_INLINE void run(const SelectiveScan<Real>& scan, const Chunk& chunk, At at, Size k, const Vector<Real>* a,
                        const Steps<Real>& steps) {
        const Tag<Real> d;
        const Real* kept = kept_state(scan, scan.N * scan.n, chunk.index, chunk.b);
        Vector<Real> state[J];
        for (Size j = 0; j < J; ++j) h[j].set(0, state[j] = at.load(d, kept + (k + j) * scan.n));
        for (Size t = 0; t < chunk.steps; ++t) {
            const Real* b = scan.b[chunk.row(t, scan.time.B)] + k;
            const auto step = steps.step[t], write = steps.write[t];
#pragma GCC unroll 8
            for (Size j = 0; j < J; ++j) {
                const auto factor = exp_negative(d, hn::Mul(step, a[j]));
                state[j] = hn::MulAdd(factor, state[j], hn::Mul(write, hn::Set(d, b[j])));
                decay[j].set(t, factor), h[j].set(t + 1, state[j]);
            }
        }
    }
};

/// States k … k + J - 1 back through the chunk. Adds to `dwrite` the gradient of Δ x, to `dstep` that of Δ in decays.
/// `fresh`: these are the first channels, so db and dc begin here.
template <Size J, class Real, class At>
HWY_INLINE void selective_group_backward(const SelectiveScanBackward<Real>& scan, const Chunk& chunk, At at, Size k,
                                         const Steps<Real>& steps, const SelectiveWork<Real>& work, bool fresh,
                                         Column<Real>& dwrite, Column<Real>& dstep) {
    const Tag<Real> d;
    const SelectiveScan<Real>& forward = *scan.forward;
    const Size n = forward.n, N = forward.N;
    Real* da_row = scan.da + chunk.b * N * n;
    Vector<Real> a[J], carry[J], da[J];
    for (Size j = 0; j < J; ++j) {
        a[j] = at.load(d, forward.a + (k + j) * n);
        carry[j] = at.load(d, work.carry + (k + j) * n), da[j] = at.load(d, da_row + (k + j) * n);
    }
    Recomputed<J, Real> past;
    past.run(forward, chunk, at, k, a, steps);
    for (Size t = chunk.steps; t-- > 0;) {
        const Real* b = forward.b[chunk.row(t, forward.time.B)] + k;
        const Real* c = forward.c[chunk.row(t, forward.time.B)] + k;
        const auto step = steps.step[t], write = steps.write[t], dy = steps.dy[t];
        auto written = dwrite[t], decayed = dstep[t];
#pragma GCC unroll 8
        for (Size j = 0; j < J; ++j) {
            Real* db = work.db + (t * N + k + j) * lanes<Real>;
            Real* dc = work.dc + (t * N + k + j) * lanes<Real>;
            const auto dh = hn::MulAdd(hn::Set(d, c[j]), dy, carry[j]);
            hn::StoreU(hn::MulAdd(dh, write, fresh ? hn::Zero(d) : hn::LoadU(d, db)), d, db);
            hn::StoreU(hn::MulAdd(dy, past.h[j][t + 1], fresh ? hn::Zero(d) : hn::LoadU(d, dc)), d, dc);
            written = hn::MulAdd(hn::Set(d, b[j]), dh, written);
            carry[j] = hn::Mul(dh, past.decay[j][t]);
            const auto dlog = hn::Mul(carry[j], past.h[j][t]);
            decayed = hn::MulAdd(dlog, a[j], decayed);
            da[j] = hn::MulAdd(dlog, step, da[j]);
        }
        dwrite.set(t, written), dstep.set(t, decayed);
    }
    for (Size j = 0; j < J; ++j) {
        at.store(d, carry[j], work.carry + (k + j) * n);
        at.store(d, da[j], da_row + (k + j) * n);
    }
}

/// A vector of channels back through the chunk.
template <class Real, class At>
void selective_channels_backward(const SelectiveScanBackward<Real>& scan, const Chunk& chunk, At at,
                                 const SelectiveWork<Real>& work, bool fresh) {
    const Tag<Real> d;
    const SelectiveScan<Real>& forward = *scan.forward;
    const Size n = forward.n, B = forward.time.B;
    Steps<Real> steps;
    Column<Real> dwrite, dstep;
    steps.load(forward, chunk, at);
    Real* dskip_row = scan.dskip + chunk.b * n;
    auto dskip = at.load(d, dskip_row);
    for (Size t = 0; t < chunk.steps; ++t) {
        const auto dy = at.load(d, scan.dy + chunk.row(t, B) * n);
        steps.dy.set(t, dy), dwrite.set(t, hn::Zero(d)), dstep.set(t, hn::Zero(d));
        dskip = hn::MulAdd(dy, steps.x[t], dskip);
    }
    at.store(d, dskip, dskip_row);
    for_each_group<4>(forward.N, [&](Size k, auto J) HWY_ATTR {
        selective_group_backward<J()>(scan, chunk, at, k, steps, work, fresh, dwrite, dstep);
    });
    const auto skip = at.load(d, forward.skip), bias = at.load(d, forward.delta_bias);
    for (Size t = 0; t < chunk.steps; ++t) {
        const Size row = chunk.row(t, B) * n;
        const auto slope = logistic(d, hn::Add(at.load(d, forward.delta + row), bias));
        const auto dx = hn::MulAdd(skip, steps.dy[t], hn::Mul(steps.step[t], dwrite[t]));
        at.store(d, dx, scan.dx + row);
        at.store(d, hn::Mul(slope, hn::MulAdd(steps.x[t], dwrite[t], dstep[t])), scan.ddelta + row);
    }
}

template <class Real>
void selective_scan_backward(const SelectiveScanBackward<Real>& scan, Size first, Size last) {
    const Tag<Real> d;
    const SelectiveScan<Real>& forward = *scan.forward;
    const Size n = forward.n, N = forward.N, B = forward.time.B;
    const SelectiveWork<Real> work(scan, first);
    for (Size b = first; b < last; ++b) {
        const Size length = forward.time.length(b);
        copy_planes<Real>(scan.dh_after ? scan.dh_after[b] : nullptr, work.carry, N, n, 0, n);
        std::fill_n(scan.da + b * N * n, N * n, Real{0});
        std::fill_n(scan.dskip + b * n, n, Real{0});
        for (Size i = chunks(length); i-- > 0;) {
            const Chunk chunk(b, i, length);
            bool fresh = true;
            for_each_vector_of<Real>(0, n, [&](auto at) HWY_ATTR {
                selective_channels_backward(scan, chunk, at, work, fresh);
                fresh = false;
            });
            for (Size t = 0; t < chunk.steps; ++t)
                for (Size k = 0; k < N; ++k) {
                    const Size place = (t * N + k) * lanes<Real>;
                    scan.db[chunk.row(t, B)][k] = hn::GetLane(hn::SumOfLanes(d, hn::LoadU(d, work.db + place)));
                    scan.dc[chunk.row(t, B)][k] = hn::GetLane(hn::SumOfLanes(d, hn::LoadU(d, work.dc + place)));
                }
        }
        clear_after(forward.time, b, scan.dx, n, 0, n);
        clear_after(forward.time, b, scan.ddelta, n, 0, n);
        for (Size t = length; t < forward.time.T; ++t) {
            std::fill_n(scan.db[t * B + b], N, Real{0});
            std::fill_n(scan.dc[t * B + b], N, Real{0});
        }
        if (scan.dh_before) copy_planes<Real>(work.carry, scan.dh_before[b], N, n, 0, n);
    }
}

template <class Real>
constexpr SelectiveScanKernels<Real> kernels = {
#define UNROLL_ENTRY(name, Scan) .name = &name<Real>,
    UNROLL_SELECTIVE_SCANS(UNROLL_ENTRY)
#undef UNROLL_ENTRY
};

}  // namespace

const SelectiveScanSet& selective_scan_set() {
    static constexpr SelectiveScanSet set = {kernels<float>, kernels<double>};
    return set;
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
namespace {

HWY_EXPORT(selective_scan_set);

template <class Real>
const SelectiveScanKernels<Real>& kernels() {
    static const SelectiveScanSet& set = (kernel_set(), HWY_DYNAMIC_DISPATCH(selective_scan_set)());
    return std::get<SelectiveScanKernels<Real>>(set);
}

/// Fewer numbers of states and steps are not worth handing to another core.
constexpr Size part_numbers = 16384;

}  // namespace

Size selective_scan_workspace(Size B, Size N, Size n) {
    return B * (N * n + 2 * scan_interval * N * channel_part);
}

template <class Real>
void selective_scan(const SelectiveScan<Real>& scan) {
    parallel_for(scan.time.B, 1 + part_numbers / (scan.time.T * scan.N * scan.n),
                 [&](Size first, Size last) { kernels<Real>().selective_scan(scan, first, last); });
}

template <class Real>
void selective_scan_backward(const SelectiveScanBackward<Real>& scan) {
    const SelectiveScan<Real>& forward = *scan.forward;
    parallel_for(forward.time.B, 1 + part_numbers / (forward.time.T * forward.N * forward.n),
                 [&](Size first, Size last) { kernels<Real>().selective_scan_backward(scan, first, last); });
}

#define UNROLL_DEFINE(name, Scan)           \
    template void name(const Scan<float>&); \
    template void name(const Scan<double>&);
UNROLL_SELECTIVE_SCANS(UNROLL_DEFINE)
#undef UNROLL_DEFINE

}  // namespace unroll
#endif
