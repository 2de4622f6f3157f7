// What kernels of state space models share: chunks of steps, and the states that are kept between them. Per target, as
// vectors-inl.h.
//
// A vector holds neighbouring channels. Their rows of up to scan_interval steps are copied side by side, a chunk; then
// a few of the N states at a time go through all its steps in registers. So a step costs arithmetic and no copy of the
// state. Backward does the same from the state at the chunk's beginning, which forward has kept, and then goes back
// through the steps.
#if defined(UNROLL_STATE_SPACE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_STATE_SPACE_INL_H
#undef UNROLL_STATE_SPACE_INL_H
#else
#define UNROLL_STATE_SPACE_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <type_traits>

#include "kernels/vectors-inl.h"
#include "unroll/kernels/scan.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

template <class Real>
using Tag = hn::ScalableTag<Real>;
template <class Real>
using Vector = hn::Vec<Tag<Real>>;

/// A vector of channels at each step of a chunk, and one more.
template <class Real>
struct Column {
    alignas(64) Real rows[(scan_interval + 1) * lanes<Real>];

    HWY_INLINE Vector<Real> operator[](Size t) const { return hn::Load(Tag<Real>(), rows + t * lanes<Real>); }
    HWY_INLINE void set(Size t, Vector<Real> v) { hn::Store(v, Tag<Real>(), rows + t * lanes<Real>); }
};

/// Calls body(at) for each vector of the channels [first, last).
template <class Real, class Body>
HWY_INLINE void for_each_vector_of(Size first, Size last, Body body) {
    for (; first + lanes<Real> <= last; first += lanes<Real>) body(WholeVector(first));
    if (first < last) body(LastElements(first, last - first));
}

/// Calls group(k, constant J) for all k < N: J states at once as long as there are so many, then one by one.
template <Size J, class Group>
HWY_INLINE void for_each_group(Size N, Group group) {
    Size k = 0;
    for (; k + J <= N; k += J) group(k, std::integral_constant<Size, J>());
    for (; k < N; ++k) group(k, std::integral_constant<Size, 1>());
}

Size chunks(Size length) {
    return (length + scan_interval - 1) / scan_interval;
}

/// Some steps of one sequence.
struct Chunk {
    Size b, index, first, steps;

    Chunk(Size sequence, Size which, Size length)
        : b(sequence), index(which), first(which * scan_interval), steps(std::min(scan_interval, length - first)) {}

    Size row(Size t, Size B) const { return (first + t) * B + b; }
};

/// The state at the beginning of sequence b's chunk.
template <class Scan>
auto kept_state(const Scan& scan, Size state, Size chunk, Size b) {
    return scan.kept + (chunk * scan.time.B + b) * state;
}

/// Keeps the state before the first step of sequence b, of `planes` rows of n, where channels [first, last) have it.
template <class Scan>
void keep_first(const Scan& scan, Size planes, Size b, Size first, Size last) {
    for (Size p = 0; p < planes; ++p) {
        auto* kept = kept_state(scan, planes * scan.n, 0, b) + p * scan.n;
        if (scan.h_before)
            std::copy(scan.h_before[b] + p * scan.n + first, scan.h_before[b] + p * scan.n + last, kept + first);
        else
            std::fill(kept + first, kept + last, 0);
    }
}

/// Where the state after a chunk goes; null: nowhere.
template <class Scan>
auto state_after(const Scan& scan, Size state, const Chunk& chunk) {
    if (chunk.index + 1 < chunks(scan.time.length(chunk.b))) return kept_state(scan, state, chunk.index + 1, chunk.b);
    return scan.h_after ? scan.h_after[chunk.b] : nullptr;
}

/// Columns [first, last) of `planes` rows of n, from a row of a state to another; from zeros where there is none.
template <class Real>
void copy_planes(const Real* from, Real* to, Size planes, Size n, Size first, Size last) {
    for (Size p = 0; p < planes; ++p) {
        if (from)
            std::copy(from + p * n + first, from + p * n + last, to + p * n + first);
        else
            std::fill(to + p * n + first, to + p * n + last, Real{0});
    }
}

/// Columns [first, last) of the rows (T, B, n) at and after sequence b's length become zeros.
template <class Real>
void clear_after(const TimeSpan& time, Size b, Real* x, Size n, Size first, Size last) {
    for (Size t = time.length(b); t < time.T; ++t)
        std::fill(x + (t * time.B + b) * n + first, x + (t * time.B + b) * n + last, Real{0});
}

}  // namespace
}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
