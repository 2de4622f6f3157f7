// Scans: linear recurrences over whole sequences, h_t = a_t ∘ h_{t-1} + b_t, and the state space models that stand on
// them. What all kernels promise stands in unroll/kernels.h.
//
// A scan takes plain data: sizes, pointers and strides. It is one call for all steps of a batch, splits the work over
// idle cores, and gives the same bits however it is split. Arrays are time-major, (T, B, width); what is said to be
// overwritten is so for every row, with zeros at and after a sequence's length. Gradients of factors that are the same
// at all steps are added up from the last step to the first.
#pragma once

#include "unroll/export.h"
#include "unroll/kernels/recurrent.h"
#include "unroll/types.h"

namespace unroll {

/// The steps of a batch.
struct TimeSpan {
    Size T = 0, B = 0;
    const Size* lengths = nullptr;  ///< (B) valid steps of each sequence, 1 … T; null: all T

    Size length(Size b) const { return lengths ? lengths[b] : T; }
};

// ---- States of n numbers, kept for every step -----------------------------------------------------------------------
// complex_scan is the same for n complex numbers: rows are then 2n wide, n real parts before n imaginary ones.

/// What h is multiplied by: rows for every step, or one row for all.
template <class Real>
struct ScanFactors {
    const Real* rows = nullptr;  ///< (T, B, n), or (n)
    bool constant = false;       ///< whether it is one row
};

/// Steps [first, first + T) of a batch: a scan may be cut into several calls, so that what goes into it and comes out
/// of it stays in the cache.
struct TimeRange {
    Size T = 0, B = 0;
    const Size* lengths = nullptr;  ///< (B) valid steps of each sequence from its beginning, 1 … total; null: all
    Size first = 0, total = 0;      ///< total 0: these are the last ones

    Size length(Size b) const { return lengths ? lengths[b] : total ? total : first + T; }
    bool valid(Size t, Size b) const { return first + t < length(b); }
    bool ends(Size t, Size b) const { return first + t + 1 == length(b); }
};

/// h_t = a_t ∘ h_{t-1} + b_t.
template <class Real>
struct LinearScan {
    TimeRange time;
    Size n = 0;
    ScanFactors<Real> a;
    const Real* b = nullptr;      ///< (T, B, n)
    Rows<const Real> h_before{};  ///< (B, n) before the first step; null: zeros
    Real* h = nullptr;            ///< (T, B, n) overwritten; may be b
};
template <class Real>
UNROLL_EXPORT void linear_scan(const LinearScan<Real>& scan);
template <class Real>
UNROLL_EXPORT void complex_scan(const LinearScan<Real>& scan);

/// The gradient g_t of h_t is dh_t + conj(a_{t+1}) ∘ g_{t+1}; that of a_t is g_t ∘ conj(h_{t-1}), that of b_t is g_t.
/// Complex gradients are dL/dRe + i dL/dIm. Several calls for one batch go from its last steps to its first ones.
template <class Real>
struct LinearScanBackward {
    TimeRange time;
    Size n = 0;
    ScanFactors<Real> a;
    const Real* h = nullptr;      ///< (T, B, n)
    Rows<const Real> h_before{};  ///< (B, n); null: zeros
    const Real* dh = nullptr;     ///< (T, B, n) from above; not read at and after a length
    StateGradient<Real> dstate;   ///< of the state after these steps; its carry becomes the gradient of h_before
    Real* db = nullptr;           ///< (T, B, n) overwritten; may be dh
    Real* da = nullptr;  ///< (T, B, n), overwritten; of constant factors each sequence's sum (B, n), overwritten
                         ///< where it ends and added to before; null: not wanted
};
template <class Real>
UNROLL_EXPORT void linear_scan_backward(const LinearScanBackward<Real>& scan);
template <class Real>
UNROLL_EXPORT void complex_scan_backward(const LinearScanBackward<Real>& scan);

// ---- State space models: N numbers for each of n channels -----------------------------------------------------------
// States are N times larger than a row, so they are not kept for every step but once for `scan_interval` steps, and
// computed again on the way back; those of diagonal_scan, which are larger still and cheap to compute, once for
// `diagonal_interval` steps.

inline constexpr Size scan_interval = 16, diagonal_interval = 64;

/// Elements of `kept`, for a state of so many elements a sequence.
constexpr Size scan_kept_size(Size T, Size B, Size state) {
    return (T + scan_interval - 1) / scan_interval * B * state;
}
constexpr Size diagonal_kept_size(Size T, Size B, Size state) {
    return (T + diagonal_interval - 1) / diagonal_interval * B * state;
}

/// The selective scan of Mamba (Gu and Dao 2023, arXiv 2312.00752, algorithm 2). For channel c and k < N
///
///     Δ_c = softplus(delta_c + delta_bias_c)
///     h_kc = exp(Δ_c a_kc) h_kc + Δ_c b_k x_c,   y_c = Σ_k c_k h_kc + skip_c x_c
///
/// with b and c of each step and sequence, the same for all channels. A sequence's state is (N, n).
template <class Real>
struct SelectiveScan {
    TimeSpan time;
    Size n = 0, N = 0;
    const Real* a = nullptr;           ///< (N, n), none above 0
    const Real* x = nullptr;           ///< (T, B, n)
    const Real* delta = nullptr;       ///< (T, B, n), before bias and softplus
    const Real* delta_bias = nullptr;  ///< (n)
    Rows<const Real> b{}, c{};         ///< (T·B, N), a row for each step and sequence
    const Real* skip = nullptr;        ///< (n)
    Rows<const Real> h_before{};       ///< (B, N·n) before the first step; null: zeros
    Rows<Real> h_after{};              ///< (B, N·n) overwritten with the state after each sequence's last step; may be
                                       ///< h_before; null: not wanted
    Real* kept = nullptr;              ///< scan_kept_size(T, B, N·n) elements, for backward
    Real* y = nullptr;                 ///< (T, B, n) overwritten
};
template <class Real>
UNROLL_EXPORT void selective_scan(const SelectiveScan<Real>& scan);

template <class Real>
struct SelectiveScanBackward {
    const SelectiveScan<Real>* forward = nullptr;  ///< what forward was given; y and h_after are not read, nor h_before
    const Real* dy = nullptr;                      ///< (T, B, n); not read at and after a length
    Rows<const Real> dh_after{};                   ///< (B, N·n); null: zeros
    Real *dx = nullptr, *ddelta = nullptr;         ///< (T, B, n) overwritten
    Rows<Real> db{}, dc{};                         ///< (T·B, N) overwritten
    Real *da = nullptr, *dskip = nullptr;          ///< (B, N·n) and (B, n), each sequence's sum; overwritten
    Rows<Real> dh_before{};                        ///< (B, N·n) overwritten; null: not wanted
    Real* workspace = nullptr;                     ///< selective_scan_workspace(B, N, n) elements
};
/// For each sequence the gradient of its state (N, n), and for a thread's chunk those of b and c before they are added
/// up over channels; there are no more threads than sequences.
UNROLL_EXPORT Size selective_scan_workspace(Size B, Size N, Size n);
template <class Real>
UNROLL_EXPORT void selective_scan_backward(const SelectiveScanBackward<Real>& scan);

/// A diagonal state space model of each channel by itself, as S4D's (Gu et al. 2022, arXiv 2206.11893). With complex h
///
///     h_kc = a_kc h_kc + x_c,   y_c = Re Σ_k c_kc h_kc + skip_c x_c        k < N
///
/// Complex arrays (2, N, n) have all real parts first, and so has a sequence's state.
template <class Real>
struct DiagonalScan {
    TimeSpan time;
    Size n = 0, N = 0;
    const Real *a = nullptr, *c = nullptr;  ///< (2, N, n)
    const Real* skip = nullptr;             ///< (n)
    const Real* x = nullptr;                ///< (T, B, n)
    Rows<const Real> h_before{};            ///< (B, 2·N·n) before the first step; null: zeros
    Rows<Real> h_after{};  ///< (B, 2·N·n) overwritten with the state after each sequence's last step;
                           ///< may be h_before; null: not wanted
    Real* kept = nullptr;  ///< diagonal_kept_size(T, B, 2·N·n) elements, for backward
    Real* y = nullptr;     ///< (T, B, n) overwritten
};
template <class Real>
UNROLL_EXPORT void diagonal_scan(const DiagonalScan<Real>& scan);

template <class Real>
struct DiagonalScanBackward {
    const DiagonalScan<Real>* forward = nullptr;  ///< what forward was given; y and h_after are not read, nor h_before
    const Real* dy = nullptr;                     ///< (T, B, n); not read at and after a length
    Rows<const Real> dh_after{};                  ///< (B, 2·N·n); null: zeros
    Real* dx = nullptr;                           ///< (T, B, n) overwritten; may be dy
    Real *da = nullptr, *dc = nullptr;            ///< (2, N, n) overwritten
    Real* dskip = nullptr;                        ///< (n) overwritten
    Rows<Real> dh_before{};                       ///< (B, 2·N·n) overwritten; null: not wanted
    Real* workspace = nullptr;                    ///< 2·N·n elements
};
template <class Real>
UNROLL_EXPORT void diagonal_scan_backward(const DiagonalScanBackward<Real>& scan);

// ---- A matrix for each head, as memory ------------------------------------------------------------------------------

/// By what the memory is multiplied before it is written to.
enum class MatrixDecay {
    none,  ///< 1
    head,  ///< a number for each head: rows (T, B, heads)
    row,   ///< a number for each of its rows: (T, B, heads · n)
};

/// Linear attention as a recurrence, with decay and the delta rule (Katharopoulos et al. 2020, arXiv 2006.16236; Yang
/// et al. 2024, arXiv 2412.06464). For each head, with S (n, m)
///
///     S̄ = a S,   u = v, or by the delta rule β (v - S̄ᵀ k),   S' = S̄ + k uᵀ,   o = S'ᵀ q
///
/// A sequence's state is (heads, n, m).
template <class Real>
struct MatrixScan {
    TimeSpan time;
    Size heads = 1, n = 0, m = 0;
    const Real *q = nullptr, *k = nullptr;  ///< (T, B, heads · n)
    const Real* v = nullptr;                ///< (T, B, heads · m)
    MatrixDecay decay = MatrixDecay::none;
    const Real* a = nullptr;      ///< see MatrixDecay
    const Real* beta = nullptr;   ///< (T, B, heads); null: no delta rule
    Rows<const Real> S_before{};  ///< (B, heads · n · m) before the first step; null: zeros
    Rows<Real> S_after{};         ///< (B, heads · n · m) overwritten with the state after each sequence's last step;
                                  ///< may be S_before; null: not wanted
    Real* kept = nullptr;         ///< matrix_scan_kept elements, for backward
    Real* workspace = nullptr;    ///< matrix_scan_workspace elements
    Real* o = nullptr;            ///< (T, B, heads · m) overwritten
};
UNROLL_EXPORT Size matrix_scan_kept(Size T, Size B, Size heads, Size n, Size m);
UNROLL_EXPORT Size matrix_scan_workspace(Size heads, Size n, Size m);
template <class Real>
UNROLL_EXPORT void matrix_scan(const MatrixScan<Real>& scan);

/// A gradient, and whether it is overwritten or added to, which leaves rows at and after a length as they are. Null:
/// not wanted.
template <class Real>
struct GradientRows {
    Real* rows = nullptr;
    Into into = Into::overwrite;
};

template <class Real>
struct MatrixScanBackward {
    const MatrixScan<Real>* forward = nullptr;  ///< what forward was given; o and S_after are not read, nor S_before
    const Real* d_o = nullptr;                  ///< (T, B, heads · m); not read at and after a length
    Rows<const Real> dS_after{};                ///< (B, heads · n · m); null: zeros
    GradientRows<Real> dq, dk, dv;              ///< as q, k, v
    GradientRows<Real> da, dbeta;               ///< as a and beta. Where several are one array, all but the first add
    Rows<Real> dS_before{};                     ///< (B, heads · n · m) overwritten; may be dS_after; null: not wanted
    Real* workspace = nullptr;                  ///< matrix_scan_workspace elements
};
template <class Real>
UNROLL_EXPORT void matrix_scan_backward(const MatrixScanBackward<Real>& scan);

}  // namespace unroll
