// Kernels of matrices as memory: linear attention, with decay and the delta rule. A chunk of steps at a time; of four
// chunks one matrix is kept, from which backward computes the others again.
#include <algorithm>

#include "kernels/targets.h"
#include "unroll/kernels/processor.h"
#include "unroll/kernels/scan.h"
#include "unroll/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/matrix_scan.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/matrix_chunk-inl.h"
#include "kernels/scan.h"
#include "kernels/state_space-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

/// S, the matrix before the chunk, becomes the one after it.
template <class Real>
void forward_chunk(const MatrixChunk<Real>& chunk, Real* S) {
    const MatrixScan<Real>& scan = chunk.head.scan;
    relate(chunk, S, true);
    multiply<Real>(chunk.square(chunk.P), chunk.of_values(chunk.u, chunk.steps), chunk.of_values(chunk.o, chunk.steps),
                   Into::add);
    for (Size t = 0; t < chunk.steps; ++t)
        std::copy_n(chunk.o + t * chunk.values, scan.m, scan.o + chunk.head.values(chunk.first + t));
    update(chunk, S, S, chunk.steps, chunk.written, chunk.u);
}

template <class Real>
void matrix_scan(const MatrixScan<Real>& scan, Size first, Size last, Size place) {
    const Size n = scan.n, m = scan.m, matrix = n * matrix_row(m);
    Real* const running = scan.workspace + place * matrix_scan_place(scan.heads, n, m);
    Real* const work = running + scan.heads * matrix;
    const bool in_place = scan.S_after && m == matrix_row(m);  // one step alone hardly does more than to copy
    for (Size b = first; b < last; ++b) {
        const Real* const before = scan.S_before ? scan.S_before[b] : nullptr;
        Real* const state = in_place ? scan.S_after[b] : running;
        if (state != before) widen_rows<Real>(before, scan.heads * n, m, state);
        for (Size i = 0; i < chunks(scan.time.length(b)); ++i)
            for (Size h = 0; h < scan.heads; ++h) {
                const HeadRows<Real> head{scan, b, h};
                Real* const S = state + h * matrix;
                if (i % matrix_chunks == 0) std::copy_n(S, matrix, head.kept(i / matrix_chunks));
                forward_chunk(MatrixChunk<Real>(head, i, work), S);
            }
        if (scan.S_after && !in_place) narrow_rows(running, scan.heads * n, m, scan.S_after[b]);
        clear_after(scan.time, b, scan.o, scan.heads * m, 0, scan.heads * m);
    }
}

/// Back through a block's chunks, of which the matrices before all but the first are computed again into `past`, behind
/// which there is the room of a chunk.
template <class Real>
void block_backward(const MatrixScanBackward<Real>& scan, const HeadRows<Real>& head, Size block, Real* past,
                    Real* dS) {
    const Size first = block * matrix_chunks, last = std::min(first + matrix_chunks, chunks(head.length()));
    Real* const work = past + (matrix_chunks - 1) * head.matrix();
    Real* S[matrix_chunks] = {head.kept(block)};
    for (Size i = 1; first + i < last; ++i) {
        const MatrixChunk<Real> chunk(head, first + i - 1, work);
        S[i] = past + (i - 1) * head.matrix();
        relate(chunk, S[i - 1], false);
        update(chunk, S[i - 1], S[i], chunk.steps, chunk.written, chunk.u);
    }
    for (Size i = last; i-- > first;) chunk_backward(scan, MatrixChunk<Real>(head, i, work), S[i - first], dS);
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
    const Size n = forward.n, m = forward.m, matrix = n * matrix_row(m);
    Real* const dS = scan.workspace + place * matrix_scan_place(forward.heads, n, m);
    Real* const past = dS + forward.heads * matrix;
    for (Size b = first; b < last; ++b) {
        widen_rows<Real>(scan.dS_after ? scan.dS_after[b] : nullptr, forward.heads * n, m, dS);
        const Size count = chunks(forward.time.length(b));
        for (Size block = (count + matrix_chunks - 1) / matrix_chunks; block-- > 0;)
            for (Size h = 0; h < forward.heads; ++h)
                block_backward(scan, HeadRows<Real>{forward, b, h}, block, past, dS + h * matrix);
        for (Size h = 0; h < forward.heads; ++h) clear_gradients(scan, HeadRows<Real>{forward, b, h});
        if (scan.dS_before) narrow_rows(dS, forward.heads * n, m, scan.dS_before[b]);
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

/// Calls kernel(first, last, which part) for all sequences.
template <class Real, class Kernel>
void for_each_sequence(const MatrixScan<Real>& scan, Kernel kernel) {
    const Size grain = (scan.time.B + most_parts - 1) / most_parts;
    parallel_for(scan.time.B, grain, [&](Size first, Size last) { kernel(first, last, first / grain); });
}

}  // namespace

Size matrix_scan_kept(Size T, Size B, Size heads, Size n, Size m) {
    constexpr Size block = scan_interval * matrix_chunks;
    return (T + block - 1) / block * B * heads * n * matrix_row(m);
}

Size matrix_scan_workspace(Size heads, Size n, Size m) {
    return most_parts * matrix_scan_place(heads, n, m);
}

template <class Real>
void matrix_scan(const MatrixScan<Real>& scan) {
    for_each_sequence(
        scan, [&](Size first, Size last, Size place) { kernels<Real>().matrix_scan(scan, first, last, place); });
}

template <class Real>
void matrix_scan_backward(const MatrixScanBackward<Real>& scan) {
    for_each_sequence(*scan.forward, [&](Size first, Size last, Size place) {
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
