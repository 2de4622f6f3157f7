// Kernels of linear recurrences, real and complex: one pass over the rows of all steps.
#include <algorithm>

#include "kernels/targets.h"
#include "unroll/kernels/processor.h"
#include "unroll/kernels/scan.h"
#include "unroll/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/linear_scan.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/scan.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

/// Numbers of a row: real ones, or pairs whose imaginary parts stand n elements behind.
template <class Real>
struct RealNumbers {
    static constexpr Size parts = 1;
    using V = hn::Vec<hn::ScalableTag<Real>>;

    V value;

    template <class At>
    static HWY_INLINE RealNumbers load_if(At at, const Real* row, Size) {
        return {at.load_if(hn::ScalableTag<Real>(), row)};
    }
    template <class At>
    HWY_INLINE void store(At at, Real* row, Size) const {
        at.store(hn::ScalableTag<Real>(), value, row);
    }
    HWY_INLINE RealNumbers conjugate() const { return *this; }
    HWY_INLINE RealNumbers plus(RealNumbers other) const { return {hn::Add(value, other.value)}; }
    HWY_INLINE RealNumbers times(RealNumbers other) const { return {hn::Mul(value, other.value)}; }
    /// this · other + added
    HWY_INLINE RealNumbers times_plus(RealNumbers other, RealNumbers added) const {
        return {hn::MulAdd(value, other.value, added.value)};
    }
};

template <class Real>
struct ComplexNumbers {
    static constexpr Size parts = 2;
    using V = hn::Vec<hn::ScalableTag<Real>>;

    V real, imaginary;

    template <class At>
    static HWY_INLINE ComplexNumbers load_if(At at, const Real* row, Size n) {
        const hn::ScalableTag<Real> d;
        return {at.load_if(d, row), at.load_if(d, row ? row + n : nullptr)};
    }
    template <class At>
    HWY_INLINE void store(At at, Real* row, Size n) const {
        const hn::ScalableTag<Real> d;
        at.store(d, real, row);
        at.store(d, imaginary, row + n);
    }
    HWY_INLINE ComplexNumbers conjugate() const { return {real, hn::Neg(imaginary)}; }
    HWY_INLINE ComplexNumbers plus(ComplexNumbers other) const {
        return {hn::Add(real, other.real), hn::Add(imaginary, other.imaginary)};
    }
    HWY_INLINE ComplexNumbers times(ComplexNumbers other) const {
        return {hn::NegMulAdd(imaginary, other.imaginary, hn::Mul(real, other.real)),
                hn::MulAdd(imaginary, other.real, hn::Mul(real, other.imaginary))};
    }
    HWY_INLINE ComplexNumbers times_plus(ComplexNumbers other, ComplexNumbers added) const {
        return {hn::NegMulAdd(imaginary, other.imaginary, hn::MulAdd(real, other.real, added.real)),
                hn::MulAdd(imaginary, other.real, hn::MulAdd(real, other.imaginary, added.imaginary))};
    }
};

template <class Element>
HWY_INLINE Element* row_or_null(const Rows<Element>& rows, Size b) {
    return rows ? rows[b] : nullptr;
}

/// Where rows of a scan begin: `width` elements each.
template <class Scan>
struct Places {
    const Scan& scan;
    Size width;

    Size row(Size t, Size b) const { return (t * scan.time.B + b) * width; }
    auto factors(Size t, Size b) const { return scan.a.constant ? scan.a.rows : scan.a.rows + row(t, b); }
    /// The state before step t; null: zeros.
    auto before(Size t, Size b) const {
        return t == 0 ? row_or_null(scan.h_before, b) : static_cast<decltype(scan.a.rows)>(scan.h) + row(t - 1, b);
    }
};

template <template <class> class Numbers, class Real>
HWY_INLINE void forward(const LinearScan<Real>& scan, Size first, Size last) {
    using N = Numbers<Real>;
    const Size n = scan.n;
    const Places<LinearScan<Real>> at_row{scan, n * N::parts};
    for (Size t = 0; t < scan.time.T; ++t)
        for (Size b = first; b < last; ++b) {
            Real* h = scan.h + at_row.row(t, b);
            if (!scan.time.valid(t, b)) {
                std::fill_n(h, at_row.width, Real{0});
                continue;
            }
            const Real *added = scan.b + at_row.row(t, b), *a = at_row.factors(t, b), *before = at_row.before(t, b);
            for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
                N::load_if(at, a, n).times_plus(N::load_if(at, before, n), N::load_if(at, added, n)).store(at, h, n);
            });
        }
}

/// What the gradient of sequence b's state after step t, the last one of these or of all, is from outside; null: zeros.
template <class Real>
HWY_INLINE const Real* gradient_after(const LinearScanBackward<Real>& scan, Size t, Size b, Size width) {
    return scan.time.ends(t, b) ? row_or_null(scan.dstate.last, b) : scan.dstate.carry + b * width;
}

/// One step of one sequence on the way back.
template <template <class> class Numbers, class Real>
HWY_INLINE void step_backward(const LinearScanBackward<Real>& scan, Size t, Size b) {
    using N = Numbers<Real>;
    const Size n = scan.n, width = n * N::parts;
    const Places<LinearScanBackward<Real>> at_row{scan, width};
    const bool within = t + 1 < scan.time.T && scan.time.valid(t + 1, b);
    const Real *dh = scan.dh + at_row.row(t, b), *dh_after = within ? nullptr : gradient_after(scan, t, b, width);
    const Real* later = within ? scan.db + at_row.row(t + 1, b) : nullptr;
    const Real* a_later = within ? at_row.factors(t + 1, b) : nullptr;
    const Real* before = at_row.before(t, b);
    Real* db = scan.db + at_row.row(t, b);
    Real* da = scan.da ? scan.da + (scan.a.constant ? b * width : at_row.row(t, b)) : nullptr;
    const Real* da_before = scan.a.constant && !scan.time.ends(t, b) ? da : nullptr;
    for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
        // Not fused, so that a scan in several calls has the bits of a single one.
        const N after = a_later ? N::load_if(at, a_later, n).conjugate().times(N::load_if(at, later, n))
                                : N::load_if(at, dh_after, n);
        const N g = N::load_if(at, dh, n).plus(after);
        if (da) N::load_if(at, before, n).conjugate().times_plus(g, N::load_if(at, da_before, n)).store(at, da, n);
        g.store(at, db, n);
    });
}

template <template <class> class Numbers, class Real>
HWY_INLINE void backward(const LinearScanBackward<Real>& scan, Size first, Size last) {
    using N = Numbers<Real>;
    const Size n = scan.n;
    const Places<LinearScanBackward<Real>> at_row{scan, n * N::parts};
    for (Size t = scan.time.T; t-- > 0;)
        for (Size b = first; b < last; ++b) {
            if (scan.time.valid(t, b)) {
                step_backward<Numbers>(scan, t, b);
                continue;
            }
            std::fill_n(scan.db + at_row.row(t, b), at_row.width, Real{0});
            if (scan.da && !scan.a.constant) std::fill_n(scan.da + at_row.row(t, b), at_row.width, Real{0});
        }
    for (Size b = first; b < last; ++b) {
        if (!scan.time.valid(0, b)) continue;
        const Real *a = at_row.factors(0, b), *g = scan.db + at_row.row(0, b);
        Real* dh_before = scan.dstate.carry + b * at_row.width;
        for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
            N::load_if(at, a, n).conjugate().times(N::load_if(at, g, n)).store(at, dh_before, n);
        });
    }
}

template <class Real>
void linear_scan(const LinearScan<Real>& scan, Size first, Size last) {
    forward<RealNumbers>(scan, first, last);
}
template <class Real>
void complex_scan(const LinearScan<Real>& scan, Size first, Size last) {
    forward<ComplexNumbers>(scan, first, last);
}
template <class Real>
void linear_scan_backward(const LinearScanBackward<Real>& scan, Size first, Size last) {
    backward<RealNumbers>(scan, first, last);
}
template <class Real>
void complex_scan_backward(const LinearScanBackward<Real>& scan, Size first, Size last) {
    backward<ComplexNumbers>(scan, first, last);
}

template <class Real>
constexpr LinearScanKernels<Real> kernels = {
#define UNROLL_ENTRY(name, Scan) .name = &name<Real>,
    UNROLL_LINEAR_SCANS(UNROLL_ENTRY)
#undef UNROLL_ENTRY
};

}  // namespace

const LinearScanSet& linear_scan_set() {
    static constexpr LinearScanSet set = {kernels<float>, kernels<double>};
    return set;
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
namespace {

HWY_EXPORT(linear_scan_set);

template <class Real>
const LinearScanKernels<Real>& kernels() {
    static const LinearScanSet& set = (kernel_set(), HWY_DYNAMIC_DISPATCH(linear_scan_set)());
    return std::get<LinearScanKernels<Real>>(set);
}

/// Fewer elements are not worth handing to another core.
constexpr Size part_elements = 16384;

}  // namespace

#define UNROLL_DEFINE(name, Scan)                                                              \
    template <class Real>                                                                      \
    void name(const Scan<Real>& scan) {                                                        \
        parallel_for(scan.time.B, 1 + part_elements / (scan.time.T * scan.n),                  \
                     [&](Size first, Size last) { kernels<Real>().name(scan, first, last); }); \
    }                                                                                          \
    template void name(const Scan<float>&);                                                    \
    template void name(const Scan<double>&);
UNROLL_LINEAR_SCANS(UNROLL_DEFINE)
#undef UNROLL_DEFINE

}  // namespace unroll
#endif
