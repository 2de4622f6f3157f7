// What kernels of state space models share: chunks of steps, and the states that are kept between them. Per target, as
// vectors-inl.h.
//
// A vector holds neighbouring channels. Their rows of so many steps are copied side by side, a chunk; then
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
#include <cstddef>
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

/// A vector of channels at each step of a chunk of at most `interval`, and one more.
template <class Real, Size interval>
struct ChunkColumn {
    alignas(64) Real rows[(interval + 1) * lanes<Real>];

    HWY_INLINE Vector<Real> operator[](Size t) const { return hn::Load(Tag<Real>(), rows + t * lanes<Real>); }
    HWY_INLINE void set(Size t, Vector<Real> v) { hn::Store(v, Tag<Real>(), rows + t * lanes<Real>); }
};

/// Calls body(at) for each vector of the channels [first, last).
template <class Real, class Body>
HWY_INLINE void for_each_vector_of(Size first, Size last, Body body) {
    for (; first + lanes<Real> <= last; first += lanes<Real>) body(WholeVector(first));
    if (first < last) body(LastElements(first, last - first));
}

/// Where a body of for_each_pair_of is: at C vectors of channels side by side.
template <class At, Size C>
struct SideBySide {
    static constexpr Size count = C;
    At at[C];

    template <class Real>
    HWY_INLINE void fetch_early(const Real* from) const {
        for (Size v = 0; v < C; ++v) at[v].fetch_early(from);
    }
    template <class Real>
    HWY_INLINE void fetch_planes(const Real* from, Size n, Size planes) const {
        for (Size p = 0; p < planes; ++p) fetch_early(from + p * n);
    }
};

/// As for_each_vector_of, but two whole vectors at once as long as there are so many.
template <class Real, class Body>
HWY_INLINE void for_each_pair_of(Size first, Size last, Body body) {
    for (; first + 2 * lanes<Real> <= last; first += 2 * lanes<Real>)
        body(SideBySide<WholeVector, 2>{{WholeVector(first), WholeVector(first + lanes<Real>)}});
    for (; first + lanes<Real> <= last; first += lanes<Real>) body(SideBySide<WholeVector, 1>{{WholeVector(first)}});
    if (first < last) body(SideBySide<LastElements, 1>{{LastElements(first, last - first)}});
}

/// Calls group(k, constant J) for all k < N: J states at once as long as there are so many, then one by one.
template <Size J, class Group>
HWY_INLINE void for_each_group(Size N, Group group) {
    Size k = 0;
    for (; k + J <= N; k += J) group(k, std::integral_constant<Size, J>());
    for (; k < N; ++k) group(k, std::integral_constant<Size, 1>());
}

Size chunks(Size length, Size interval = scan_interval) {
    return (length + interval - 1) / interval;
}

/// Some steps of one sequence: those of index `index` among as many as `interval` at a time.
struct Chunk {
    Size b, index, interval, first, steps;
    bool last;  ///< whether the sequence ends with it

    Chunk(Size sequence, Size which, Size longest, Size length)
        : b(sequence),
          index(which),
          interval(longest),
          first(which * longest),
          steps(std::min(longest, length - first)),
          last(first + steps == length) {}

    Size row(Size t, Size B) const { return (first + t) * B + b; }
    /// How many rows ahead the same sequence's next chunk stands (direction 1), or the one before it (-1). For
    /// prefetches: it may not be there.
    std::ptrdiff_t later(const TimeSpan& time, std::ptrdiff_t direction) const {
        return direction * static_cast<std::ptrdiff_t>(interval * time.B);
    }
    /// The same for the chunk that follows among those of sequences [begin, end) of equal lengths, in the order of
    /// for_each_chunk or for_each_chunk_backward.
    std::ptrdiff_t next(const TimeSpan& time, Size begin, Size end, std::ptrdiff_t direction) const {
        return b + 1 < end ? 1 : later(time, direction) - static_cast<std::ptrdiff_t>(b - begin);
    }
};

/// Arrays (T, B, n) whose rows will be wanted `next` rows after those of the chunk at hand. They are fetched step by
/// step beside the arithmetic: as many at once would hold up the loads that are waited for.
template <class Real, Size count>
struct RowsAhead {
    const Real* arrays[count];
    std::ptrdiff_t next;
    Size n;

    /// A share of them, that of one of so many groups of states.
    template <class Places>
    HWY_INLINE void fetch(const Places& places, Size element, Size group, Size groups) const {
        for (Size i = group; i < count; i += groups)
            places.fetch_early(arrays[i] + element + next * static_cast<std::ptrdiff_t>(n));
    }
};

/// Most of the chunks that sequences [first, last) have.
[[maybe_unused]] Size most_chunks(const TimeSpan& time, Size interval, Size first, Size last) {
    Size most = 0;
    for (Size b = first; b < last; ++b) most = std::max(most, chunks(time.length(b), interval));
    return most;
}

/// Calls body(chunk) for the chunks of index i of those of sequences [first, last) that have one.
template <class Body>
HWY_INLINE void for_each_sequence(const TimeSpan& time, Size interval, Size i, Size first, Size last, Body body) {
    for (Size b = first; b < last; ++b)
        if (i < chunks(time.length(b), interval)) body(Chunk(b, i, interval, time.length(b)));
}

/// Calls body(chunk) for all chunks of sequences [first, last): of each sequence in their order, but all sequences'
/// before the next ones. Rows are time-major, so sequences' rows of the same steps are neighbours in memory.
template <class Body>
HWY_INLINE void for_each_chunk(const TimeSpan& time, Size interval, Size first, Size last, Body body) {
    const Size most = most_chunks(time, interval, first, last);
    for (Size i = 0; i < most; ++i) for_each_sequence(time, interval, i, first, last, body);
}

/// The same from the last chunk of each sequence to its first.
template <class Body>
HWY_INLINE void for_each_chunk_backward(const TimeSpan& time, Size interval, Size first, Size last, Body body) {
    for (Size i = most_chunks(time, interval, first, last); i-- > 0;)
        for_each_sequence(time, interval, i, first, last, body);
}

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
    if (!chunk.last) return kept_state(scan, state, chunk.index + 1, chunk.b);
    return scan.h_after ? scan.h_after[chunk.b] : nullptr;
}

#if HWY_TARGET != HWY_SCALAR
/// One step of the tree of sums_of_lanes: lanes of a and b, each with its partner `distance` lanes up in what is left
/// of its vector, added up; a's sums go to even places, b's to odd ones.
template <Size distance, class Real>
HWY_INLINE Vector<Real> pair_sums(Vector<Real> a, Vector<Real> b) {
    const Tag<Real> d;
    constexpr Size block = 16 / sizeof(Real);
    if constexpr (distance < block) {
        return hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
    } else if constexpr (distance == block) {
        return hn::Add(hn::OddEvenBlocks(hn::SwapAdjacentBlocks(b), a),
                       hn::OddEvenBlocks(b, hn::SwapAdjacentBlocks(a)));
    } else {
        return hn::Add(hn::ConcatLowerLower(d, b, a), hn::ConcatUpperUpper(d, b, a));
    }
}
#endif

/// Lane i is the sum over the lanes of the vector at from + i stride, a whole vector's number of them. Far fewer
/// operations than a SumOfLanes of each, and the same order of additions: upper half to lower half, and so on.
template <Size step = 1, class Real>
HWY_INLINE Vector<Real> sums_of_lanes(const Real* from, [[maybe_unused]] Size stride) {
#if HWY_TARGET != HWY_SCALAR
    if constexpr (step < lanes<Real>)
        return pair_sums<step, Real>(sums_of_lanes<2 * step>(from, stride),
                                     sums_of_lanes<2 * step>(from + step * stride, stride));
    else
#endif
        return hn::LoadU(Tag<Real>(), from);
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
