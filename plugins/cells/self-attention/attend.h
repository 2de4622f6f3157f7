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
    bool causal;                                ///< query i sees keys 0 … i, not all of them

    Size past() const { return past_keys.rows; }
};

/// Where the gradients go; views of the same shapes. Past ones may have null data: not wanted.
template <class Real>
struct HeadGradients {
    Matrix<Real> queries;                 ///< overwritten
    Matrix<Real> past_keys, past_values;  ///< added to; keys by columns (row_stride 1), as a state keeps them
    Matrix<Real> keys, values;            ///< added to
};

/// Queries are taken in tiles of this many rows, and a causal tile sees no column beyond its last row's: about half of
/// the work of long sequences is never done, and scores stay in the cache.
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

/// Calls body(first query, queries, columns) for each tile. Columns are the past, then this call's keys.
template <class Real, class Body>
void for_each_tile(const Head<Real>& head, Body&& body) {
    const Size N = head.queries.rows;
    for (Size first = 0; first < N; first += tile_rows) {
        const Size count = std::min(tile_rows, N - first);
        body(first, count, head.past() + (head.causal ? first + count : head.keys.rows));
    }
}

}  // namespace detail

/// out (N, w) = softmax(q kᵀ) v. `weights` receives the softmax for backward; weights_size(N, columns) elements.
template <class Real>
void attend(const Head<Real>& head, Real* weights, Size max_columns, Matrix<Real> out, const Dropout& dropout,
            Real* workspace) {
    const Size P = head.past();
    detail::for_each_tile(head, [&](Size first, Size count, Size columns) {
        Real* scores = weights + first * max_columns;
        const Matrix<const Real> queries = detail::rows(head.queries, first, count);
        const Matrix<Real> tile_out = detail::rows(out, first, count);
        const Size K = columns - P;
        if (P > 0) gemm(queries, head.past_keys.transposed(), Matrix<Real>(scores, count, P, columns), Into::overwrite);
        if (K > 0)
            gemm(queries, detail::rows(head.keys, 0, K).transposed(), Matrix<Real>(scores + P, count, K, columns),
                 Into::overwrite);
        if (head.causal)
            for (Size i = 0; i < count; ++i)
                std::fill(scores + i * columns + P + first + i + 1, scores + (i + 1) * columns,
                          -std::numeric_limits<Real>::infinity());
        softmax(scores, scores, count, columns);

        const Real* used = scores;
        if (dropout) {
            dropout.part(first).apply(scores, workspace, count * columns);
            used = workspace;
        }
        if (P > 0) gemm(Matrix<const Real>(used, count, P, columns), head.past_values, tile_out, Into::overwrite);
        if (K > 0)
            gemm(Matrix<const Real>(used + P, count, K, columns), detail::rows(head.values, 0, K), tile_out,
                 P > 0 ? Into::add : Into::overwrite);
    });
}

/// From dout (N, w) and the weights that `attend` left.
template <class Real>
void attend_backward(const Head<Real>& head, const Real* weights, Size max_columns, Matrix<const Real> dout,
                     const HeadGradients<Real>& gradients, const Dropout& dropout, Real* workspace) {
    const Size P = head.past();
    detail::for_each_tile(head, [&](Size first, Size count, Size columns) {
        const Real* probabilities = weights + first * max_columns;
        const Matrix<const Real> tile_dout = detail::rows(dout, first, count);
        const Matrix<const Real> queries = detail::rows(head.queries, first, count);
        const Matrix<Real> dqueries = detail::rows(gradients.queries, first, count);
        const Size K = columns - P;
        Real* dscores = workspace;
        const Real* used = probabilities;
        if (dropout) {
            Real* dropped = workspace + count * columns;
            dropout.part(first).apply(probabilities, dropped, count * columns);
            used = dropped;
        }

        // d weights = dout vᵀ, dv += weightsᵀ dout
        if (P > 0) {
            gemm(tile_dout, head.past_values.transposed(), Matrix<Real>(dscores, count, P, columns), Into::overwrite);
            if (gradients.past_values.data)
                gemm(Matrix<const Real>(used, count, P, columns).transposed(), tile_dout, gradients.past_values,
                     Into::add);
        }
        if (K > 0) {
            gemm(tile_dout, detail::rows(head.values, 0, K).transposed(), Matrix<Real>(dscores + P, count, K, columns),
                 Into::overwrite);
            gemm(Matrix<const Real>(used + P, count, K, columns).transposed(), tile_dout,
                 detail::rows(gradients.values, 0, K), Into::add);
        }
        if (dropout) dropout.part(first).apply(dscores, dscores, count * columns);
        softmax_backward(probabilities, dscores, dscores, count, columns);

        // dq = dscores k, dk += dscoresᵀ q
        const Matrix<const Real> dpast(dscores, count, P, columns), dnow(dscores + P, count, K, columns);
        if (P > 0) {
            gemm(dpast, head.past_keys, dqueries, Into::overwrite);
            if (gradients.past_keys.data)
                gemm(queries.transposed(), dpast, gradients.past_keys.transposed(), Into::add);
        }
        if (K > 0) {
            gemm(dnow, detail::rows(head.keys, 0, K), dqueries, P > 0 ? Into::add : Into::overwrite);
            gemm(dnow.transposed(), queries, detail::rows(gradients.keys, 0, K), Into::add);
        }
    });
}

}  // namespace unroll::self_attention
