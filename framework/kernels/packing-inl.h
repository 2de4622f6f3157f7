// How the factors of a product are brought into order: tiles of the left one, panels of the right one. Per target, as
// vectors-inl.h.
#if defined(UNROLL_PACKING_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_PACKING_INL_H
#undef UNROLL_PACKING_INL_H
#else
#define UNROLL_PACKING_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "kernels/products.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

template <class Real>
constexpr Size panel_width = 2 * lanes<Real>;

/// Columns that a panel of `columns` valid ones takes.
template <class Real>
constexpr Size padded(Size columns) {
    return (columns + lanes<Real> - 1) / lanes<Real> * lanes<Real>;
}

/// Panels of a right factor from some k on. All are panel_width columns wide, but for one at the end that may be
/// narrower.
template <class Real>
struct Panels {
    const Real* first;  ///< panel p begins at first + p * distance
    Size distance;
    Size stride;  ///< from k to k + 1
    const Real* narrow;
    Size narrow_stride;
};

/// to[j * to_stride + i] = from[i * from_stride + j] for i < rows, j < columns.
template <class Real>
HWY_INLINE void transpose(const Real* HWY_RESTRICT from, Size from_stride, Size rows, Size columns,
                          Real* HWY_RESTRICT to, Size to_stride) {
    Size blocked = 0;
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
    if constexpr (sizeof(Real) == 4) {
        const hn::FixedTag<float, 4> d;
        const hn::Repartition<double, decltype(d)> d2;
        blocked = rows / 4 * 4;
        for (Size i = 0; i < blocked; i += 4) {
            const Real* source = from + i * from_stride;
            Size j = 0;
            for (; j + 4 <= columns; j += 4) {
                const auto r0 = hn::LoadU(d, source + j), r1 = hn::LoadU(d, source + from_stride + j);
                const auto r2 = hn::LoadU(d, source + 2 * from_stride + j);
                const auto r3 = hn::LoadU(d, source + 3 * from_stride + j);
                const auto low01 = hn::BitCast(d2, hn::InterleaveLower(d, r0, r1));
                const auto low23 = hn::BitCast(d2, hn::InterleaveLower(d, r2, r3));
                const auto high01 = hn::BitCast(d2, hn::InterleaveUpper(d, r0, r1));
                const auto high23 = hn::BitCast(d2, hn::InterleaveUpper(d, r2, r3));
                Real* target = to + j * to_stride + i;
                hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d2, low01, low23)), d, target);
                hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d2, low01, low23)), d, target + to_stride);
                hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d2, high01, high23)), d, target + 2 * to_stride);
                hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d2, high01, high23)), d, target + 3 * to_stride);
            }
            for (; j < columns; ++j)
                for (Size r = 0; r < 4; ++r) to[j * to_stride + i + r] = source[r * from_stride + j];
        }
    } else {
        const hn::FixedTag<double, 2> d;
        blocked = rows / 2 * 2;
        for (Size i = 0; i < blocked; i += 2) {
            const Real* source = from + i * from_stride;
            Size j = 0;
            for (; j + 2 <= columns; j += 2) {
                const auto r0 = hn::LoadU(d, source + j), r1 = hn::LoadU(d, source + from_stride + j);
                Real* target = to + j * to_stride + i;
                hn::StoreU(hn::InterleaveLower(d, r0, r1), d, target);
                hn::StoreU(hn::InterleaveUpper(d, r0, r1), d, target + to_stride);
            }
            for (; j < columns; ++j)
                for (Size r = 0; r < 2; ++r) to[j * to_stride + i + r] = source[r * from_stride + j];
        }
    }
#endif
    for (Size i = blocked; i < rows; ++i)
        for (Size j = 0; j < columns; ++j) to[j * to_stride + i] = from[i * from_stride + j];
}

/// One tile: to[k * rows + r] = a(r, k).
template <Size rows, class Real>
void pack_tile(const Matrix<const Real>& a, Real* to) {
    if (a.column_stride == 1) return transpose(a.data, a.row_stride, rows, a.columns, to, rows);
    if (a.row_stride == 1) {
        for (Size k = 0; k < a.columns; ++k)
            std::memcpy(to + k * rows, a.data + k * a.column_stride, sizeof(Real) * rows);
        return;
    }
    for (Size k = 0; k < a.columns; ++k)
        for (Size r = 0; r < rows; ++r) to[k * rows + r] = a.data[r * a.row_stride + k * a.column_stride];
}

/// One panel: to[k * padded(columns) + j] = b(k, j), zeros beyond the columns.
template <class Real>
void pack_panel(const Matrix<const Real>& b, Real* to) {
    const Size width = padded<Real>(b.columns);
    if (width != b.columns)
        for (Size k = 0; k < b.rows; ++k) std::fill(to + k * width + b.columns, to + (k + 1) * width, Real{0});
    if (b.row_stride == 1) {
        transpose(b.data, b.column_stride, b.columns, b.rows, to, width);
    } else {
        for (Size k = 0; k < b.rows; ++k)
            for (Size j = 0; j < b.columns; ++j) to[k * width + j] = b.data[k * b.row_stride + j * b.column_stride];
    }
}

/// All panels of b, one after the other. Full panels of a contiguous b in groups, row by row, so that what is read at
/// once stands side by side.
template <class Real>
void pack_panels(const Matrix<const Real>& b, Real* to) {
    constexpr Size width = panel_width<Real>;
    Size j = 0;
    if (b.column_stride == 1) {
        const hn::ScalableTag<Real> d;
        while (j + width <= b.columns) {
            const Size group = std::min(block_panels, (b.columns - j) / width);
            for (Size k = 0; k < b.rows; ++k) {
                const Real* from = b.data + k * b.row_stride + j;
                Real* target = to + j * b.rows + k * width;
                for (Size p = 0; p < group; ++p, from += width, target += width * b.rows) {
                    const auto low = hn::LoadU(d, from), high = hn::LoadU(d, from + lanes<Real>);
                    hn::StoreU(low, d, target);
                    hn::StoreU(high, d, target + lanes<Real>);
                }
            }
            j += group * width;
        }
    }
    for (; j < b.columns; j += width)
        pack_panel(part(b, 0, b.rows, j, std::min(width, b.columns - j)), to + j * b.rows);
}

/// What pack_panels wrote for a matrix (depth, …), from panel and k on.
template <class Real>
Panels<Real> packed_panels(const Real* packed, Size depth, Size panel, Size last_column, Size k) {
    const Size narrow = last_column / panel_width<Real>;
    const Size width = padded<Real>(last_column % panel_width<Real>);
    return {packed + panel * panel_width<Real> * depth + k * panel_width<Real>, panel_width<Real> * depth,
            panel_width<Real>, packed + narrow * panel_width<Real> * depth + k * width, width};
}

}  // namespace
}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
