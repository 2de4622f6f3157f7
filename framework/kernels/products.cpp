// Products: one kernel for all of them.
//
// The left factor is read in tiles of a few rows: where they stand, or, if they are columns or far apart, rearranged so
// that a tile's rows are side by side for each k. The right factor is rearranged into panels of two vectors' width, a
// panel's columns side by side for each k. The kernel holds one tile of c in registers and runs over
// k: two loads, and for each row one broadcast and two multiply-adds. K is cut into blocks of a constant depth. An
// element is therefore always the same sum: for each block of k, in order, the chain of multiply-adds that starts at
// zero. Which tile or panel an element falls into changes nothing about it, nor in which order panels are read.
#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "kernels/targets.h"
#include "unroll/kernels.h"
#include "unroll/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/products.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/packing-inl.h"
#include "kernels/products.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr Size tile_rows = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON ? 12 : 6;  // 32 registers or 16
constexpr Size block_rows = 96;                                                        // of a, packed on the stack
constexpr Size stream_rows = 4;  // which take hardly longer than it takes to read b

// ---- The kernel -------------------------------------------------------------------------------------------------

/// Rows of the left factor from some k on.
template <class Real>
struct Left {
    const Real* first;
    Size row;  ///< from a row to the next where they stand in the matrix; 0: a tile
};

/// c (rows, panels * vectors' lanes) = or += a (rows, depth) · panels.
template <bool tiled, Size rows, Size vectors, Size panels, class Real>
void multiply_tile(Size depth, Left<Real> left, const Real* HWY_RESTRICT b, Size b_stride, Size b_distance,
                   Real* HWY_RESTRICT c, Size c_stride, Into into) {
    const hn::ScalableTag<Real> d;
    constexpr Size across = panels * vectors;
    hn::Vec<decltype(d)> sum[rows][across];
    for (auto& row : sum)
        for (auto& v : row) v = hn::Zero(d);
    const Size row = tiled ? 1 : left.row, step = tiled ? rows : 1, row3 = 3 * row;
    // One pointer for every four rows: the others are reached from it by adding one of two distances, or both.
    const Real* HWY_RESTRICT a[(rows + 3) / 4];
    for (Size g = 0; g < (rows + 3) / 4; ++g) a[g] = left.first + 4 * g * row;
    if (into == Into::add)  // what it is added to may be far away, and is wanted when all k are done
        for (Size r = 0; r < rows; ++r)
            for (Size v = 0; v < across; ++v) __builtin_prefetch(c + r * c_stride + v * lanes<Real>, 1);
    for (Size k = 0; k < depth; ++k, b += b_stride) {
        hn::Vec<decltype(d)> right[across];
        for (Size byte = 0; byte < vectors * lanes<Real> * sizeof(Real); byte += 64)
            __builtin_prefetch(reinterpret_cast<const char*>(b + panels * b_distance) + byte, 0, 2);
#pragma GCC unroll 16
        for (Size v = 0; v < across; ++v)
            right[v] = hn::LoadU(d, b + v / vectors * b_distance + v % vectors * lanes<Real>);
#pragma GCC unroll 16
        for (Size r = 0; r < rows; ++r) {
            const Size distance[] = {0, row, 2 * row, row3};
            const auto factor = hn::Set(d, a[r / 4][distance[r % 4]]);
#pragma GCC unroll 16
            for (Size v = 0; v < across; ++v) sum[r][v] = hn::MulAdd(factor, right[v], sum[r][v]);
        }
#pragma GCC unroll 16
        for (Size g = 0; g < (rows + 3) / 4; ++g) a[g] += step;
    }
#pragma GCC unroll 16
    for (Size r = 0; r < rows; ++r) {
#pragma GCC unroll 16
        for (Size v = 0; v < across; ++v) {
            Real* to = c + r * c_stride + v * lanes<Real>;
            hn::StoreU(into == Into::add ? hn::Add(hn::LoadU(d, to), sum[r][v]) : sum[r][v], d, to);
        }
    }
}

template <class Real>
using MultiplyTile = void (*)(Size, Left<Real>, const Real*, Size, Size, Real*, Size, Into);
template <class Real>
using PackTile = void (*)(const Matrix<const Real>&, Real*);

/// With few rows several panels at once, so that there are enough independent sums to fill the pipeline.
constexpr Size panels_at_once(Size rows) {
    return rows == 1 ? 4 : rows <= 3 ? 2 : 1;
}

/// The instances for every number of rows of a tile.
template <bool tiled, class Real>
struct Tiles {
    std::array<PackTile<Real>, tile_rows> pack;
    std::array<MultiplyTile<Real>, tile_rows> several, pair, wide, narrow;

    template <Size... r>
    static constexpr Tiles make(std::index_sequence<r...>) {
        return {{&pack_tile<r + 1, Real>...},
                {&multiply_tile<tiled, r + 1, 2, panels_at_once(r + 1), Real>...},
                {&multiply_tile<tiled, r + 1, 2, std::min(panels_at_once(r + 1), Size{2}), Real>...},
                {&multiply_tile<tiled, r + 1, 2, 1, Real>...},
                {&multiply_tile<tiled, r + 1, 1, 1, Real>...}};
    }
};
template <bool tiled, class Real>
constexpr Tiles<tiled, Real> tiles = Tiles<tiled, Real>::make(std::make_index_sequence<tile_rows>());

/// Calls body(first, rows) for tiles of nearly equal height.
template <class Body>
HWY_INLINE void for_each_tile(Size rows, Body body) {
    const Size count = (rows + tile_rows - 1) / tile_rows;
    for (Size t = 0, first = 0; t < count; ++t) {
        const Size height = rows / count + (t < rows % count ? 1 : 0);
        body(first, height);
        first += height;
    }
}

/// Brings the block of a that comes next into the cache, a little between one tile and another: its memory is strided,
/// and nothing else would have fetched it in time.
template <class Real>
class Fetch {
public:
    Fetch(const Matrix<const Real>& next, Size times) : data_(next.data) {
        const bool by_rows = next.column_stride == 1;
        if (next.rows == 0 || times == 0 || (!by_rows && next.row_stride != 1)) return;
        runs_ = by_rows ? next.rows : next.columns;
        length_ = by_rows ? next.columns : next.rows;
        stride_ = by_rows ? next.row_stride : next.column_stride;
        share_ = (runs_ * ((length_ + line - 1) / line) + times - 1) / times;
    }

    HWY_INLINE void some() {
        for (Size n = 0; n < share_ && run_ < runs_; ++n) {
            __builtin_prefetch(data_ + run_ * stride_ + position_, 0, 2);
            position_ += line;
            if (position_ >= length_) position_ = 0, ++run_;
        }
    }

private:
    static constexpr Size line = 64 / sizeof(Real);
    const Real* data_;
    Size runs_ = 0, length_ = 0, stride_ = 0, share_ = 0;
    Size run_ = 0, position_ = 0;
};

/// c = or += what was computed aside.
template <class Real>
void store_edge(const Real* edge, Size stride, const Matrix<Real>& c, Into into) {
    for (Size r = 0; r < c.rows; ++r) {
        Real* to = c.data + r * c.row_stride;
        for (Size j = 0; j < c.columns; ++j)
            to[j] = into == Into::add ? to[j] + edge[r * stride + j] : edge[r * stride + j];
    }
}

/// c = or += a · b for one block of k. tile(first) says where the left factor's rows are.
template <bool tiled, class Real, class Tile>
HWY_INLINE void multiply_block(Tile tile, Size depth, const Panels<Real>& b, Matrix<Real> c, Into into,
                               Fetch<Real> fetch = {Matrix<const Real>(nullptr, 0, 0), 0}) {
    constexpr Size width = panel_width<Real>;
    const Size full = c.columns / width, rest = c.columns % width;
    Size panel = 0;
    if (c.rows <= tile_rows && panels_at_once(c.rows) > 1) {
        const auto multiply = [&](MultiplyTile<Real> kernel, Real* to, Size stride, Into to_into) {
            kernel(depth, tile(0), b.first + panel * b.distance, b.stride, b.distance, to, stride, to_into);
        };
        for (const Size several = panels_at_once(c.rows); panel + several <= full; panel += several)
            multiply(tiles<tiled, Real>.several[c.rows - 1], c.data + panel * width, c.row_stride, into);
        for (; panel + 2 <= full; panel += 2)
            multiply(tiles<tiled, Real>.pair[c.rows - 1], c.data + panel * width, c.row_stride, into);
        if (panel < full && rest > lanes<Real> && b.narrow == b.first + full * b.distance) {
            Real edge[tile_rows * 2 * width];
            multiply(tiles<tiled, Real>.pair[c.rows - 1], edge, 2 * width, Into::overwrite);
            return store_edge(edge, 2 * width, part(c, 0, c.rows, panel * width, width + rest), into);
        }
    }
    for (; panel < full; ++panel)
        for_each_tile(c.rows, [&](Size first, Size rows) HWY_ATTR {
            tiles<tiled, Real>.wide[rows - 1](depth, tile(first), b.first + panel * b.distance, b.stride,
                                              first == 0 ? b.distance : 0,
                                              c.data + first * c.row_stride + panel * width, c.row_stride, into);
            fetch.some();
        });
    if (rest == 0) return;
    for_each_tile(c.rows, [&](Size first, Size rows) HWY_ATTR {
        Real edge[tile_rows * width];  // no element of c beyond its columns may be touched
        const auto& kernel = rest > lanes<Real> ? tiles<tiled, Real>.wide : tiles<tiled, Real>.narrow;
        kernel[rows - 1](depth, tile(first), b.narrow, b.narrow_stride, 0, edge, width, Into::overwrite);
        store_edge(edge, width, part(c, first, rows, full * width, rest), into);
    });
}

/// c = or += a · b for the block of k from `first` on, and any number of rows.
template <class Real>
HWY_NOINLINE void multiply_rows(const Matrix<const Real>& a, Size first, Size depth, const Panels<Real>& b,
                                const Matrix<Real>& c, Into into) {
    if (reads_rows(a)) {
        for (Size i = 0; i < a.rows; i += block_rows) {
            const Size rows = std::min(block_rows, a.rows - i);
            const auto tile = [&](Size row) {
                return Left<Real>{a.data + (i + row) * a.row_stride + first, a.row_stride};
            };
            multiply_block<false, Real>(tile, depth, b, part(c, i, rows, 0, c.columns), into);
        }
        return;
    }
    // Neighbouring tiles share cache lines where rows stand side by side: few of them are touched between one tile and
    // another.
    const Size slice = a.row_stride == 1 ? 16 : depth;
    HWY_ALIGN Real packed[block_rows * block_depth];
    const auto tile = [&](Size row) { return Left<Real>{packed + row * depth, 0}; };
    for (Size i = 0; i < a.rows; i += block_rows) {
        const Size rows = std::min(block_rows, a.rows - i);
        for (Size k = 0; k < depth; k += slice)
            for_each_tile(rows, [&](Size row, Size height) HWY_ATTR {
                tiles<true, Real>.pack[height - 1](part(a, i + row, height, first + k, std::min(slice, depth - k)),
                                                   packed + row * depth + k * height);
            });
        const bool last = i + rows == a.rows;
        const Size next_row = last ? 0 : i + rows, next_k = last ? first + depth : first;
        const auto next = part(a, next_row, std::min(block_rows, a.rows - next_row), next_k,
                               std::min(block_depth, a.columns - next_k));
        const Size tile_count = (rows + tile_rows - 1) / tile_rows * (c.columns / panel_width<Real>);
        multiply_block<true, Real>(tile, depth, b, part(c, i, rows, 0, c.columns), into, Fetch<Real>(next, tile_count));
    }
}

// ---- Whole products ---------------------------------------------------------------------------------------------

/// c (rows, …) = or += a · whole panels. Each is read for all k before the next, so that what is read is one stream of
/// addresses: that is fastest where reading is all that a product takes.
template <Size rows, class Real>
void multiply_stream(const Matrix<const Real>& a, const Real* HWY_RESTRICT panel, const Matrix<Real>& c, Into into) {
    const hn::ScalableTag<Real> d;
    constexpr Size ahead = 8192 / sizeof(Real);  // fetched so early from beyond the second-level cache
    for (Size j = 0; j < c.columns; j += panel_width<Real>)
        for (Size k = 0; k < a.columns; k += block_depth) {
            hn::Vec<decltype(d)> sum[rows][2];
            for (auto& row : sum)
                for (auto& v : row) v = hn::Zero(d);
            const Real* HWY_RESTRICT left = a.data + k;
            const Size depth = std::min(block_depth, a.columns - k);
#pragma GCC unroll 4
            for (Size i = 0; i < depth; ++i, panel += panel_width<Real>) {
                const auto low = hn::LoadU(d, panel), high = hn::LoadU(d, panel + lanes<Real>);
                __builtin_prefetch(panel + ahead);
                __builtin_prefetch(panel + ahead + lanes<Real>);
#pragma GCC unroll 4
                for (Size r = 0; r < rows; ++r) {
                    const auto factor = hn::Set(d, left[r * a.row_stride + i]);
                    sum[r][0] = hn::MulAdd(factor, low, sum[r][0]);
                    sum[r][1] = hn::MulAdd(factor, high, sum[r][1]);
                }
            }
#pragma GCC unroll 8
            for (Size v = 0; v < 2 * rows; ++v) {
                Real* to = c.data + v / 2 * c.row_stride + j + v % 2 * lanes<Real>;
                const auto total = sum[v / 2][v % 2];
                hn::StoreU(into == Into::add || k > 0 ? hn::Add(hn::LoadU(d, to), total) : total, d, to);
            }
        }
}

/// Is reading b all that a · b takes? Not when b may be in the first cache, nor when vectors are so narrow that the
/// sums of one panel do not fill the pipeline.
template <class Real>
bool streams(const Matrix<const Real>& a, Size columns) {
    constexpr Size near_bytes = 65536;
    return a.rows <= stream_rows && reads_rows(a) && lanes<Real> * sizeof(Real) >= 64 &&
           a.columns * columns * sizeof(Real) > near_bytes;
}

template <class Real>
void multiply_packed(const Matrix<const Real>& a, Size first_k, const Packed<Real>& b, Size first,
                     const Matrix<Real>& c, Into into) {
    Size done = 0;
    const auto factor = part(a, 0, a.rows, first_k, b.rows);
    if (streams(factor, c.columns)) {
        constexpr decltype(&multiply_stream<1, Real>) kernels[stream_rows] = {
            &multiply_stream<1, Real>, &multiply_stream<2, Real>, &multiply_stream<3, Real>, &multiply_stream<4, Real>};
        done = c.columns / panel_width<Real> * panel_width<Real>;
        kernels[a.rows - 1](factor, b.data + first * b.rows, part(c, 0, c.rows, 0, done), into);
        if (done == c.columns) return;
    }
    for (Size k = 0; k < b.rows; k += block_depth) {
        const Size depth = std::min(block_depth, b.rows - k);
        const auto panels = packed_panels(b.data, b.rows, (first + done) / panel_width<Real>, first + c.columns, k);
        multiply_rows(a, first_k + k, depth, panels, part(c, 0, c.rows, done, c.columns - done),
                      k > 0 ? Into::add : into);
    }
}

/// b is read where it stands, but for a narrow panel at its end.
template <class Real>
void multiply_in_place(const Matrix<const Real>& a, const Matrix<const Real>& b, const Matrix<Real>& c, Into into) {
    HWY_ALIGN Real narrow[block_depth * panel_width<Real>];
    const Size rest = b.columns % panel_width<Real>;
    for (Size k = 0; k < a.columns; k += block_depth) {
        const Size depth = std::min(block_depth, a.columns - k);
        if (rest) pack_panel(part(b, k, depth, b.columns - rest, rest), narrow);
        const Panels<Real> panels = {b.data + k * b.row_stride, panel_width<Real>, b.row_stride, narrow,
                                     padded<Real>(rest)};
        multiply_rows(a, k, depth, panels, c, k > 0 ? Into::add : into);
    }
}

template <class Real>
constexpr ProductKernels<Real> kernels = {.panel_width = panel_width<Real>,
                                          .tile_rows = tile_rows,
                                          .pack = &pack_panels<Real>,
                                          .multiply_packed = &multiply_packed<Real>,
                                          .multiply_in_place = &multiply_in_place<Real>};

}  // namespace

const ProductSet& product_set() {
    static constexpr ProductSet set = {kernels<float>, kernels<double>};
    return set;
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
namespace {

HWY_EXPORT(product_set);

template <class Real>
const ProductKernels<Real>& kernels() {
    static const ProductSet& set = (kernel_set(), HWY_DYNAMIC_DISPATCH(product_set)());
    return std::get<ProductKernels<Real>>(set);
}

template <class Real>
constexpr Size widest_panel = 2 * 64 / sizeof(Real);  // of any kernel set
constexpr Size few_rows = 24;                         // for which bringing a right factor into order does not pay
constexpr double part_work = 2e6;                     // multiply-adds that are worth handing to another core
constexpr Size part_elements = 131072;                // that are worth handing over to be brought into order

// Every part of columns brings the left factor into order anew. So many make that a few hundredths of the part's time.
constexpr Size part_columns = 512;

/// Calls body(first row, rows, first column, columns) for parts of a product a · b with N columns and a depth of K. The
/// longer side is cut, at borders of tiles or panels, unless that would make too few columns.
template <class Real, class Body>
void for_each_part(const Matrix<const Real>& a, Size N, Size K, Body&& body) {
    const Size M = a.rows, least_columns = reads_rows(a) ? 1 : part_columns;
    const bool by_rows = M > N || N < 2 * least_columns;
    const Size side = by_rows ? M : N, least = by_rows ? 1 : least_columns;
    const Size step = by_rows ? kernels<Real>().tile_rows : kernels<Real>().panel_width;
    const double step_work = static_cast<double>(step) * static_cast<double>(by_rows ? N : M) * static_cast<double>(K);
    const Size steps = (side + step - 1) / step;
    const Size grain = std::max(static_cast<Size>(std::max(1.0, part_work / step_work)), (least + step - 1) / step);
    if (steps < 2 * grain) return body(Size{0}, M, Size{0}, N);
    parallel_for(steps, grain, [&](Size first, Size last) {
        const Size begin = first * step, count = std::min(last * step, side) - begin;
        if (by_rows)
            body(begin, count, Size{0}, N);
        else
            body(Size{0}, M, begin, count);
    });
}

/// True when there is nothing to sum; then c has been made what it must be.
template <class Real>
bool empty(const Matrix<const Real>& a, [[maybe_unused]] Size b_rows, [[maybe_unused]] Size b_columns,
           const Matrix<Real>& c, Into into) {
    assert(a.rows == c.rows && a.columns == b_rows && b_columns == c.columns);
    assert(c.column_stride == 1 || c.columns <= 1);
    if (c.rows == 0 || c.columns == 0) return true;
    if (a.columns > 0) return false;
    if (into == Into::overwrite)
        for (Size i = 0; i < c.rows; ++i) std::fill_n(c.data + i * c.row_stride, c.columns, Real{0});
    return true;
}

/// c = or += a · b. A block of b is brought into order by all threads, and then read by all.
template <class Real>
HWY_NOINLINE void multiply_blocks(const Matrix<const Real>& a, const Matrix<const Real>& b, const Matrix<Real>& c,
                                  Into into) {
    const ProductKernels<Real>& kernel = kernels<Real>();
    alignas(64) Real packed[block_depth * block_panels * widest_panel<Real>];
    const Size width = kernel.panel_width;
    for (Size j = 0; j < b.columns; j += block_panels * width) {
        const Size block = std::min(block_panels * width, b.columns - j);
        for (Size k = 0; k < b.rows; k += block_depth) {
            const Size depth = std::min(block_depth, b.rows - k);
            const Packed<Real> panels = pack<Real>(part(b, k, depth, j, block), packed);
            const Into block_into = k > 0 ? Into::add : into;
            for_each_part<Real>(a, block, depth, [&](Size row, Size rows, Size column, Size columns) {
                kernel.multiply_packed(part(a, row, rows, 0, a.columns), k, panels, column,
                                       part(c, row, rows, j + column, columns), block_into);
            });
        }
    }
}

}  // namespace

Size packed_size(Size rows, Size columns) {
    constexpr Size widest = 16;  // lanes of any kernel set
    return rows * ((columns + widest - 1) / widest * widest);
}

template <class Real>
Packed<Real> pack(std::type_identity_t<Matrix<const Real>> b, Real* packed) {
    const ProductKernels<Real>& kernel = kernels<Real>();
    const Size width = kernel.panel_width;
    parallel_for((b.columns + width - 1) / width, 1 + part_elements / (b.rows * width + 1), [&](Size first, Size last) {
        const Size begin = first * width, end = std::min(last * width, b.columns);
        kernel.pack(part(b, 0, b.rows, begin, end - begin), packed + begin * b.rows);
    });
    return {packed, b.rows, b.columns};
}

template <class Real>
void gemm(std::type_identity_t<Matrix<const Real>> a, std::type_identity_t<Matrix<const Real>> b, Matrix<Real> c,
          Into into) {
    if (empty<Real>(a, b.rows, b.columns, c, into)) return;
    if (b.column_stride != 1 || a.rows > few_rows) return multiply_blocks<Real>(a, b, c, into);
    for_each_part<Real>(a, c.columns, a.columns, [&](Size row, Size rows, Size column, Size columns) {
        kernels<Real>().multiply_in_place(part(a, row, rows, 0, a.columns), part(b, 0, b.rows, column, columns),
                                          part(c, row, rows, column, columns), into);
    });
}

template <class Real>
void gemm(std::type_identity_t<Matrix<const Real>> a, std::type_identity_t<Packed<Real>> b, Matrix<Real> c, Into into) {
    if (empty<Real>(a, b.rows, b.columns, c, into)) return;
    for_each_part<Real>(a, c.columns, a.columns, [&](Size row, Size rows, Size column, Size columns) {
        kernels<Real>().multiply_packed(part(a, row, rows, 0, a.columns), 0, b, column,
                                        part(c, row, rows, column, columns), into);
    });
}

template Packed<float> pack(Matrix<const float>, float*);
template Packed<double> pack(Matrix<const double>, double*);
template void gemm(Matrix<const float>, Matrix<const float>, Matrix<float>, Into);
template void gemm(Matrix<const double>, Matrix<const double>, Matrix<double>, Into);
template void gemm(Matrix<const float>, Packed<float>, Matrix<float>, Into);
template void gemm(Matrix<const double>, Packed<double>, Matrix<double>, Into);

}  // namespace unroll
#endif
