// Scaled dot-product attention of one head of one sequence: forward and backward.
#pragma once

#include <algorithm>
#include <limits>

#include "unroll/kernels.h"
#include "unroll/layers/dropout.h"

namespace unroll::self_attention {

using layers::Dropout;

/// What one head of one sequence looks from and looks at, w wide. Keys and values come in two parts: those of earlier
/// calls, and those of this one.
template <class Real>
struct Head {
    Matrix<const Real> queries;                 ///< (N, w), scaled by 1/sqrt(w)
    Matrix<const Real> past_keys, past_values;  ///< (P, w), seen by every query
    Matrix<const Real> keys, values;            ///< (K, w)
    bool causal;                                ///< query i sees the past and keys 0 … i, not all of them
    Size window = 0;                            ///< and none that is this many steps away, or more; 0: no such limit
    Real slope = 0;                             ///< what a score loses for each step between query and key

    Size past() const { return past_keys.rows; }
};

/// Where the gradients go; views of the same shapes. Past ones may have null data: not wanted.
template <class Real>
struct HeadGradients {
    Matrix<Real> queries;                 ///< overwritten
    Matrix<Real> past_keys, past_values;  ///< added to; keys by columns (row_stride 1), as a state keeps them
    Matrix<Real> keys, values;            ///< added to
};

/// Queries are taken in tiles of this many rows, and a tile sees no column that none of its rows sees: about half of
/// the work of long causal sequences is never done, nor what lies beyond a window, and scores stay in the cache.
inline constexpr Size tile_rows = 32;

/// Elements that the weights of one head take, `queries` against at most `columns` keys. Tiles stand one after another,
/// each without gaps.
inline Size weights_size(Size queries, Size columns) {
    return queries * columns;
}

/// Elements of scratch, forward (only to drop weights) and backward.
inline Size attend_workspace(Size queries, Size columns) {
    return 2 * std::min(queries, tile_rows) * columns;
}

namespace detail {

template <class Real>
Matrix<Real> rows(const Matrix<Real>& matrix, Size first, Size count) {
    return {matrix.data + first * matrix.row_stride, count, matrix.columns, matrix.row_stride, matrix.column_stride};
}

/// Queries [first, first + count) and the keys that they see: of the past and then of this call's, counted through, the
/// columns [low, high).
template <class Real>
struct Tile {
    const Head<Real>& head;
    Size first, count, low, high;

    Size columns() const { return high - low; }
    Size past() const { return head.past() - std::min(head.past(), low); }  ///< how many of them are of the past
    Size now() const { return columns() - past(); }
    /// Those of the past, and this call's, in arrays of keys, values or their gradients.
    template <class Element>
    Matrix<Element> of_past(const Matrix<Element>& all) const {
        return rows(all, low, past());
    }
    template <class Element>
    Matrix<Element> of_now(const Matrix<Element>& all) const {
        return rows(all, std::max(low, head.past()) - head.past(), now());
    }

    /// Scores (count, columns): less for distance, -infinity for what is not seen.
    void mask(Real* scores) const {
        for (Size i = 0; i < count; ++i, scores += columns()) {
            const Size own = head.past() + first + i;  // the query's column
            if (head.slope != 0)
                for (Size column = low; column < high; ++column)
                    scores[column - low] -= head.slope * static_cast<Real>(column < own ? own - column : column - own);
            const Size begin = head.window > 0 && own + 1 > head.window ? own + 1 - head.window : 0;
            const Size end = head.causal ? own + 1 : head.window > 0 ? own + head.window : high;
            constexpr Real unseen = -std::numeric_limits<Real>::infinity();
            if (begin > low) std::fill(scores, scores + (begin - low), unseen);
            if (end < high) std::fill(scores + (end - low), scores + columns(), unseen);
        }
    }
};

/// Calls body(tile) for each tile.
template <class Real, class Body>
void for_each_tile(const Head<Real>& head, Body&& body) {
    const Size N = head.queries.rows, all = head.past() + head.keys.rows;
    for (Size first = 0; first < N; first += tile_rows) {
        const Size count = std::min(tile_rows, N - first), own = head.past() + first;
        const Size low = head.window > 0 && own + 1 > head.window ? own + 1 - head.window : 0;
        const Size high = head.causal       ? own + count
                          : head.window > 0 ? std::min(all, own + count - 1 + head.window)
                                            : all;
        body(Tile<Real>{head, first, count, low, high});
    }
}

}  // namespace detail

/// out (N, w) = softmax(q kᵀ - slope · distance) v. `weights` receives the softmax for backward: weights_size(N,
/// max_columns) elements, max_columns being no fewer than any tile sees.
template <class Real>
void attend(const Head<Real>& head, Real* weights, Size max_columns, Matrix<Real> out, const Dropout& dropout,
            Real* workspace) {
    detail::for_each_tile(head, [&](const detail::Tile<Real>& tile) {
        const Size first = tile.first, count = tile.count, columns = tile.columns(), P = tile.past(), K = tile.now();
        Real* scores = weights + first * max_columns;
        const Matrix<const Real> queries = detail::rows(head.queries, first, count);
        const Matrix<Real> tile_out = detail::rows(out, first, count);
        if (P > 0)
            gemm(queries, tile.of_past(head.past_keys).transposed(), Matrix<Real>(scores, count, P, columns),
                 Into::overwrite);
        if (K > 0)
            gemm(queries, tile.of_now(head.keys).transposed(), Matrix<Real>(scores + P, count, K, columns),
                 Into::overwrite);
        tile.mask(scores);
        softmax(scores, scores, count, columns);

        const Real* used = scores;
        if (dropout) {
            dropout.part(first).apply(scores, workspace, count * columns);
            used = workspace;
        }
        if (P > 0)
            gemm(Matrix<const Real>(used, count, P, columns), tile.of_past(head.past_values), tile_out,
                 Into::overwrite);
        if (K > 0)
            gemm(Matrix<const Real>(used + P, count, K, columns), tile.of_now(head.values), tile_out,
                 P > 0 ? Into::add : Into::overwrite);
    });
}

/// From dout (N, w) and the weights that `attend` left.
template <class Real>
void attend_backward(const Head<Real>& head, const Real* weights, Size max_columns, Matrix<const Real> dout,
                     const HeadGradients<Real>& gradients, const Dropout& dropout, Real* workspace) {
    detail::for_each_tile(head, [&](const detail::Tile<Real>& tile) {
        const Size first = tile.first, count = tile.count, columns = tile.columns(), P = tile.past(), K = tile.now();
        const Real* probabilities = weights + first * max_columns;
        const Matrix<const Real> tile_dout = detail::rows(dout, first, count);
        const Matrix<const Real> queries = detail::rows(head.queries, first, count);
        const Matrix<Real> dqueries = detail::rows(gradients.queries, first, count);
        Real* dscores = workspace;
        const Real* used = probabilities;
        if (dropout) {
            Real* dropped = workspace + count * columns;
            dropout.part(first).apply(probabilities, dropped, count * columns);
            used = dropped;
        }

        // d weights = dout vᵀ, dv += weightsᵀ dout
        if (P > 0) {
            gemm(tile_dout, tile.of_past(head.past_values).transposed(), Matrix<Real>(dscores, count, P, columns),
                 Into::overwrite);
            if (gradients.past_values.data)
                gemm(Matrix<const Real>(used, count, P, columns).transposed(), tile_dout,
                     tile.of_past(gradients.past_values), Into::add);
        }
        if (K > 0) {
            gemm(tile_dout, tile.of_now(head.values).transposed(), Matrix<Real>(dscores + P, count, K, columns),
                 Into::overwrite);
            gemm(Matrix<const Real>(used + P, count, K, columns).transposed(), tile_dout, tile.of_now(gradients.values),
                 Into::add);
        }
        if (dropout) dropout.part(first).apply(dscores, dscores, count * columns);
        softmax_backward(probabilities, dscores, dscores, count, columns);

        // dq = dscores k, dk += dscoresᵀ q
        const Matrix<const Real> dpast(dscores, count, P, columns), dnow(dscores + P, count, K, columns);
        if (P > 0) {
            gemm(dpast, tile.of_past(head.past_keys), dqueries, Into::overwrite);
            if (gradients.past_keys.data)
                gemm(queries.transposed(), dpast, tile.of_past(gradients.past_keys).transposed(), Into::add);
        }
        if (K > 0) {
            gemm(dnow, tile.of_now(head.keys), dqueries, P > 0 ? Into::add : Into::overwrite);
            gemm(dnow.transposed(), queries, tile.of_now(gradients.keys), Into::add);
        }
    });
}

}  // namespace unroll::self_attention
