// Loops over arrays, a vector at a time. Per target: included again for each one, so there is no ordinary guard.
//
// The elements that are left at the end go through the same vector operations in a vector filled up with zeros. What is
// computed for an element does not depend on where it stands.
#if defined(UNROLL_VECTORS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_VECTORS_INL_H
#undef UNROLL_VECTORS_INL_H
#else
#define UNROLL_VECTORS_INL_H
#endif

#include <hwy/highway.h>

#include <cstring>

#include "unroll/types.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class Real>
constexpr Size lanes = hn::MaxLanes(hn::ScalableTag<Real>());

/// The first `count` values, fewer than a vector's, then zeros.
template <class D, class Real = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_first(D d, const Real* from, Size count) {
    HWY_ALIGN Real buffer[lanes<Real>] = {};
    std::memcpy(buffer, from, count * sizeof(Real));
    return hn::Load(d, buffer);
}

template <class D, class Real = hn::TFromD<D>>
HWY_INLINE void store_first(hn::Vec<D> v, D d, Real* to, Size count) {
    HWY_ALIGN Real buffer[lanes<Real>];
    hn::Store(v, d, buffer);
    std::memcpy(to, buffer, count * sizeof(Real));
}

/// y[i] = f(in[i]…): f takes the tag and a vector of each input.
template <class Real, class F, class... In>
HWY_INLINE void map(Size n, Real* y, F f, const In*... in) {
    const hn::ScalableTag<Real> d;
    Size i = 0;
    for (; i + lanes<Real> <= n; i += lanes<Real>) hn::StoreU(f(d, hn::LoadU(d, in + i)...), d, y + i);
    if (i < n) store_first(f(d, load_first(d, in + i, n - i)...), d, y + i, n - i);
}

/// Where a body of for_each_vector is: at a whole vector, or at an array's last elements, fewer than that.
class WholeVector {
public:
    explicit WholeVector(Size first) : first_(first) {}

    template <class D, class Real = hn::TFromD<D>>
    HWY_INLINE hn::Vec<D> load(D d, const Real* from) const {
        return hn::LoadU(d, from + first_);
    }
    /// Zeros for a null pointer.
    template <class D, class Real = hn::TFromD<D>>
    HWY_INLINE hn::Vec<D> load_if(D d, const Real* from) const {
        return from ? load(d, from) : hn::Zero(d);
    }
    template <class D, class Real = hn::TFromD<D>>
    HWY_INLINE void store(D d, hn::Vec<D> v, Real* to) const {
        hn::StoreU(v, d, to + first_);
    }
    /// Brings it into the cache. No harm is done where there is nothing.
    template <class Real>
    HWY_INLINE void fetch(const Real* from) const {
        __builtin_prefetch(from + first_);
    }
    /// The same for what is wanted later: into the next larger cache.
    template <class Real>
    HWY_INLINE void fetch_early(const Real* from) const {
        __builtin_prefetch(from + first_, 0, 2);
    }

private:
    Size first_;
};

class LastElements {
public:
    LastElements(Size first, Size count) : first_(first), count_(count) {}

    template <class D, class Real = hn::TFromD<D>>
    HWY_INLINE hn::Vec<D> load(D d, const Real* from) const {
        return load_first(d, from + first_, count_);
    }
    template <class D, class Real = hn::TFromD<D>>
    HWY_INLINE hn::Vec<D> load_if(D d, const Real* from) const {
        return from ? load(d, from) : hn::Zero(d);
    }
    template <class D, class Real = hn::TFromD<D>>
    HWY_INLINE void store(D d, hn::Vec<D> v, Real* to) const {
        store_first(v, d, to + first_, count_);
    }
    template <class Real>
    HWY_INLINE void fetch(const Real*) const {}
    template <class Real>
    HWY_INLINE void fetch_early(const Real*) const {}

private:
    Size first_, count_;
};

/// Calls body(at) for each vector of n elements: for what has several outputs, which `map` has not.
template <class Real, class Body>
HWY_INLINE void for_each_vector(Size n, Body body) {
    Size i = 0;
    for (; i + lanes<Real> <= n; i += lanes<Real>) body(WholeVector(i));
    if (i < n) body(LastElements(i, n - i));
}

/// Σ f(in[i]…) over i: four partial sums that are joined at the end, so its order depends on n alone.
template <class Real, class F, class... In>
HWY_INLINE Real sum(Size n, F f, const In*... in) {
    const hn::ScalableTag<Real> d;
    auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    Size i = 0;
    for (; i + 4 * lanes<Real> <= n; i += 4 * lanes<Real>) {
        s0 = hn::Add(s0, f(d, hn::LoadU(d, in + i)...));
        s1 = hn::Add(s1, f(d, hn::LoadU(d, in + i + lanes<Real>)...));
        s2 = hn::Add(s2, f(d, hn::LoadU(d, in + i + 2 * lanes<Real>)...));
        s3 = hn::Add(s3, f(d, hn::LoadU(d, in + i + 3 * lanes<Real>)...));
    }
    for (; i + lanes<Real> <= n; i += lanes<Real>) s0 = hn::Add(s0, f(d, hn::LoadU(d, in + i)...));
    if (i < n) s1 = hn::Add(s1, hn::IfThenElseZero(hn::FirstN(d, n - i), f(d, load_first(d, in + i, n - i)...)));
    return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
}

}  // namespace
}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
