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

template <class Real>
using Column = ChunkColumn<Real, scan_interval>;

/// What a chunk's steps have of a vector of channels: Δ, Δ x, x, and on the way back dy and the slope of the softplus.
template <class Real>
struct Steps {
    Column<Real> step, write, x, dy, slope;

    template <class At>
    HWY_INLINE void load(const SelectiveScan<Real>& scan, const Chunk& chunk, At at) {
        load_each(scan, chunk, at, [](Size, Size, auto, auto) {});
    }
    template <class At>
    HWY_INLINE void load(const SelectiveScanBackward<Real>& scan, const Chunk& chunk, At at) {
        load_each(*scan.forward, chunk, at, [&](Size t, Size row, auto u, auto e) HWY_ATTR {
            const Tag<Real> d;
            const auto one = hn::Set(d, Real{1});
            dy.set(t, at.load(d, scan.dy + row));
            slope.set(t, hn::Div(hn::IfThenElse(hn::Lt(u, hn::Zero(d)), e, one), hn::Add(one, e)));
        });
    }

private:
    /// Calls more(step, its row, u, exp(-|u|)) with u = delta + bias.
    template <class At, class More>
    HWY_INLINE void load_each(const SelectiveScan<Real>& scan, const Chunk& chunk, At at, More more) {
        const Tag<Real> d;
        const auto bias = at.load(d, scan.delta_bias);
        for (Size t = 0; t < chunk.steps; ++t) {
            const Size row = chunk.row(t, scan.time.B) * scan.n;
            const auto u = hn::Add(at.load(d, scan.delta + row), bias), value = at.load(d, scan.x + row);
            const auto e = exp_negative(d, hn::Or(u, hn::SignBit(d)));
            const auto positive = hn::Add(hn::Max(u, hn::Zero(d)), hn::Log1p(d, e));
            const auto delta = hn::IfThenElse(hn::Eq(u, u), positive, u);
            step.set(t, delta), write.set(t, hn::Mul(delta, value)), x.set(t, value);
            more(t, row, u, e);
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

template <class Real, class At>
void selective_channels(const SelectiveScan<Real>& scan, const Chunk& chunk, At at, const RowsAhead<Real, 3>& ahead) {
    const Tag<Real> d;
    const Size n = scan.n, B = scan.time.B;
    Steps<Real> steps;
    Column<Real> y;
    steps.load(scan, chunk, at);
    const auto skip = at.load(d, scan.skip);
    for (Size t = 0; t < chunk.steps; ++t) {
        y.set(t, hn::Mul(skip, steps.x[t]));
        ahead.fetch(at, chunk.row(t, B) * n, 0, 1);
    }
    for_each_group<4>(scan.N, [&](Size k, auto J) HWY_ATTR { selective_group<J()>(scan, chunk, at, k, steps, y); });
    for (Size t = 0; t < chunk.steps; ++t) at.store(d, y[t], scan.y + chunk.row(t, B) * n);
}

template <class Real>
void selective_scan(const SelectiveScan<Real>& scan, Size first, Size last) {
    const Size n = scan.n;
    for (Size b = first; b < last; ++b) keep_first(scan, scan.N, b, 0, n), clear_after(scan.time, b, scan.y, n, 0, n);
    for_each_chunk(scan.time, scan_interval, first, last, [&](const Chunk& chunk) {
        const RowsAhead<Real, 3> ahead{{scan.delta, scan.x, scan.y}, chunk.next(scan.time, first, last, 1), n};
        for_each_vector_of<Real>(0, n, [&](auto at) HWY_ATTR { selective_channels(scan, chunk, at, ahead); });
    });
}

/// In the workspace: for each sequence the gradient of the state on its way; then for each thread, of each state and
/// step of a chunk, the gradients of b and c, a vector of channels that are still to be added up.
template <class Real>
struct SelectiveWork {
    Real *carries, *db, *dc;
    Size carry_size;

    static Size place(Size N) { return 2 * scan_interval * N * channel_part; }
    SelectiveWork(const SelectiveScanBackward<Real>& scan, Size part) : carry_size(scan.forward->N * scan.forward->n) {
        const Size N = scan.forward->N;
        carries = scan.workspace;
        db = carries + scan.forward->time.B * carry_size + part * place(N);
        dc = db + scan_interval * N * channel_part;
    }
    Real* carry(Size b) const { return carries + b * carry_size; }
    /// Where the vector of state k and step t is in db and dc.
    static Size vector(Size k, Size t) { return (k * scan_interval + t) * lanes<Real>; }
};

/// What a chunk's steps have of C vectors of channels, and what comes of it: the gradient of Δ x, and that of Δ in
/// decays.
template <Size C, class Real>
struct StepsBackward {
    Steps<Real> steps[C];
    Column<Real> dwrite[C], dstep[C];
};

/// The states and decays of a group at all steps of a chunk, from the state that was kept: J states of C vectors of
/// channels, state j of vector c at c J + j.
template <Size J, Size C, class Real>
struct Recomputed {
    Column<Real> h[C * J], decay[C * J];

    template <class Places>
    HWY_INLINE void run(const SelectiveScan<Real>& scan, const Chunk& chunk, const Places& places, Size k,
                        const Vector<Real>* a, const StepsBackward<C, Real>& all, const RowsAhead<Real, 5>& ahead) {
        const Tag<Real> d;
        const Real* kept = kept_state(scan, scan.N * scan.n, chunk.index, chunk.b);
        Vector<Real> state[C * J];
        places.fetch_planes(kept + (scan.N + k) * scan.n, scan.n, J);
        for (Size i = 0; i < C * J; ++i) h[i].set(0, state[i] = places.at[i / J].load(d, kept + (k + i % J) * scan.n));
        for (Size t = 0; t < chunk.steps; ++t) {
            const Real* b = scan.b[chunk.row(t, scan.time.B)] + k;
            ahead.fetch(places, chunk.row(t, scan.time.B) * scan.n, k / J, scan.N / J);
#pragma GCC unroll 8
            for (Size i = 0; i < C * J; ++i) {
                const auto factor = exp_negative(d, hn::Mul(all.steps[i / J].step[t], a[i]));
                const auto written = hn::Mul(all.steps[i / J].write[t], hn::Set(d, b[i % J]));
                state[i] = hn::MulAdd(factor, state[i], written);
                decay[i].set(t, factor), h[i].set(t + 1, state[i]);
            }
        }
    }
};

/// States k … k + J - 1 of some channels back through the chunk. Adds to dwrite and dstep.
/// `fresh`: these are the first channels, so db and dc begin here.
template <Size J, Size C, class Real, class Places>
HWY_INLINE void selective_group_backward(const SelectiveScanBackward<Real>& scan, const Chunk& chunk,
                                         const Places& places, Size k, StepsBackward<C, Real>& all,
                                         const SelectiveWork<Real>& work, const RowsAhead<Real, 5>& ahead, bool fresh) {
    const Tag<Real> d;
    const SelectiveScan<Real>& forward = *scan.forward;
    const Size n = forward.n, N = forward.N, B = forward.time.B;
    Real *da_rows = scan.da + (chunk.b * N + k) * n, *carry_rows = work.carry(chunk.b) + k * n;
    Vector<Real> a[C * J], carry[C * J], da[C * J];
    for (Size i = 0; i < C * J; ++i) {
        const auto at = places.at[i / J];
        a[i] = at.load(d, forward.a + (k + i % J) * n);
        carry[i] = at.load(d, carry_rows + i % J * n), da[i] = at.load(d, da_rows + i % J * n);
    }
    places.fetch_planes(carry_rows + N * n, n, J), places.fetch_planes(da_rows + N * n, n, J);
    Recomputed<J, C, Real> past;
    past.run(forward, chunk, places, k, a, all, ahead);
    for (Size t = chunk.steps; t-- > 0;) {
        const Real *b = forward.b[chunk.row(t, B)] + k, *c = forward.c[chunk.row(t, B)] + k;
        Vector<Real> written[C], decayed[C];
        for (Size v = 0; v < C; ++v) written[v] = all.dwrite[v][t], decayed[v] = all.dstep[v][t];
#pragma GCC unroll 8
        for (Size j = 0; j < J; ++j) {
            Real *db_place = work.db + work.vector(k + j, t), *dc_place = work.dc + work.vector(k + j, t);
            auto db = fresh ? hn::Zero(d) : hn::LoadU(d, db_place), dc = fresh ? hn::Zero(d) : hn::LoadU(d, dc_place);
#pragma GCC unroll 2
            for (Size v = 0; v < C; ++v) {
                const Size i = v * J + j;
                const Steps<Real>& steps = all.steps[v];
                const auto dy = steps.dy[t], dh = hn::MulAdd(hn::Set(d, c[j]), dy, carry[i]);
                db = hn::MulAdd(dh, steps.write[t], db);
                dc = hn::MulAdd(dy, past.h[i][t + 1], dc);
                written[v] = hn::MulAdd(hn::Set(d, b[j]), dh, written[v]);
                carry[i] = hn::Mul(dh, past.decay[i][t]);
                const auto dlog = hn::Mul(carry[i], past.h[i][t]);
                decayed[v] = hn::MulAdd(dlog, a[i], decayed[v]);
                da[i] = hn::MulAdd(dlog, steps.step[t], da[i]);
            }
            hn::StoreU(db, d, db_place), hn::StoreU(dc, d, dc_place);
        }
        for (Size v = 0; v < C; ++v) all.dwrite[v].set(t, written[v]), all.dstep[v].set(t, decayed[v]);
    }
    for (Size i = 0; i < C * J; ++i) {
        places.at[i / J].store(d, carry[i], carry_rows + i % J * n);
        places.at[i / J].store(d, da[i], da_rows + i % J * n);
    }
}

/// C vectors of channels back through the chunk.
template <class Real, class Places>
void selective_channels_backward(const SelectiveScanBackward<Real>& scan, const Chunk& chunk, const Places& places,
                                 const SelectiveWork<Real>& work, const RowsAhead<Real, 5>& ahead, bool fresh) {
    constexpr Size C = Places::count;
    const Tag<Real> d;
    const SelectiveScan<Real>& forward = *scan.forward;
    const Size n = forward.n, B = forward.time.B;
    StepsBackward<C, Real> all;
    for (Size v = 0; v < C; ++v) {
        const auto at = places.at[v];
        const Steps<Real>& steps = all.steps[v];
        all.steps[v].load(scan, chunk, at);
        Real* dskip_row = scan.dskip + chunk.b * n;
        auto dskip = at.load(d, dskip_row);
        for (Size t = 0; t < chunk.steps; ++t) {
            all.dwrite[v].set(t, hn::Zero(d)), all.dstep[v].set(t, hn::Zero(d));
            dskip = hn::MulAdd(steps.dy[t], steps.x[t], dskip);
        }
        at.store(d, dskip, dskip_row);
    }
    for_each_group<4 / C>(forward.N, [&](Size k, auto J) HWY_ATTR {
        selective_group_backward<J(), C>(scan, chunk, places, k, all, work, ahead, fresh);
    });
    for (Size v = 0; v < C; ++v) {
        const auto at = places.at[v];
        const Steps<Real>& steps = all.steps[v];
        const auto skip = at.load(d, forward.skip);
        for (Size t = 0; t < chunk.steps; ++t) {
            const Size row = chunk.row(t, B) * n;
            const auto dwrite = all.dwrite[v][t], dstep = all.dstep[v][t];
            at.store(d, hn::MulAdd(skip, steps.dy[t], hn::Mul(steps.step[t], dwrite)), scan.dx + row);
            at.store(d, hn::Mul(steps.slope[t], hn::MulAdd(steps.x[t], dwrite, dstep)), scan.ddelta + row);
        }
    }
}

/// A chunk's gradients of b or c, from vectors of channels.
template <class Real>
HWY_INLINE void add_up_channels(const Real* vectors, const Chunk& chunk, const Rows<Real>& to, Size B, Size N) {
    const Tag<Real> d;
    using Work = SelectiveWork<Real>;
    for (Size t = 0; t < chunk.steps; ++t) {
        Real* row = to[chunk.row(t, B)];
        Size k = 0;
        for (; k + lanes<Real> <= N; k += lanes<Real>)
            hn::StoreU(sums_of_lanes(vectors + Work::vector(k, t), Work::vector(1, 0)), d, row + k);
        for (; k < N; ++k) row[k] = hn::GetLane(hn::SumOfLanes(d, hn::LoadU(d, vectors + Work::vector(k, t))));
    }
}

template <class Real>
void selective_scan_backward(const SelectiveScanBackward<Real>& scan, Size first, Size last) {
    const SelectiveScan<Real>& forward = *scan.forward;
    const Size n = forward.n, N = forward.N, B = forward.time.B;
    const SelectiveWork<Real> work(scan, first);
    for (Size b = first; b < last; ++b) {
        copy_planes<Real>(scan.dh_after ? scan.dh_after[b] : nullptr, work.carry(b), N, n, 0, n);
        std::fill_n(scan.da + b * N * n, N * n, Real{0});
        std::fill_n(scan.dskip + b * n, n, Real{0});
        clear_after(forward.time, b, scan.dx, n, 0, n);
        clear_after(forward.time, b, scan.ddelta, n, 0, n);
        for (Size t = forward.time.length(b); t < forward.time.T; ++t) {
            std::fill_n(scan.db[t * B + b], N, Real{0});
            std::fill_n(scan.dc[t * B + b], N, Real{0});
        }
    }
    for_each_chunk_backward(forward.time, scan_interval, first, last, [&](const Chunk& chunk) {
        const RowsAhead<Real, 5> ahead{
            {forward.delta, forward.x, scan.dy, scan.dx, scan.ddelta}, chunk.next(forward.time, first, last, -1), n};
        bool fresh = true;
        for_each_pair_of<Real>(0, n, [&](const auto& places) HWY_ATTR {
            selective_channels_backward(scan, chunk, places, work, ahead, fresh);
            fresh = false;
        });
        add_up_channels(work.db, chunk, scan.db, B, N);
        add_up_channels(work.dc, chunk, scan.dc, B, N);
    });
    for (Size b = first; scan.dh_before && b < last; ++b)
        copy_planes<Real>(work.carry(b), scan.dh_before[b], N, n, 0, n);
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
