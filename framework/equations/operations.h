// The operations of a cell of equations: one table that says of each how its values are computed and how gradients pass
// through it.
#pragma once

#include <algorithm>
#include <array>

#include "equations/graph.h"
#include "unroll/kernels.h"

namespace unroll {

/// Some rows of a node, of its operands and of their gradients; all contiguous. Of concatenate's operands x[0] is the
/// one that is on.
template <class Real>
struct Operands {
    static constexpr Size most = 3;

    const Node& node;
    Size rows, columns;               ///< of y
    std::array<Size, most> widths{};  ///< of the operands
    std::array<const Real*, most> x{};
    Real* y = nullptr;
    const Real* weights = nullptr;  ///< the cell's
    Size column = 0;                ///< concatenate: where the operand begins in y

    const Real* dy = nullptr;
    std::array<Real*, most> dx{};   ///< null: not wanted
    std::array<Into, most> into{};  ///< whether dx is overwritten or added to
    Real* dweights = nullptr;       ///< the cell's, added to; null: not wanted
    Real* scratch = nullptr;        ///< (rows, the widest node)

    Size count() const { return rows * columns; }
    Real number() const { return static_cast<Real>(node.number); }
};

/// What a node does. Null functions: its values are given, or Products or Memories compute them.
template <class Real>
struct Operation {
    void (*forward)(const Operands<Real>& at) = nullptr;
    void (*backward)(const Operands<Real>& at) = nullptr;
};

template <class Real>
struct Operations {
    using At = const Operands<Real>&;
    using Function = void (*)(const Real* x, Real* y, Size n);
    using Slope = void (*)(const Real* x_or_y, const Real* dy, Real* dx, Size n);

    static void put(Real value, Real& to, Into into) { to = into == Into::overwrite ? value : to + value; }

    /// dx[k] = or += factor dy; nothing where both are one array.
    static void pass(At at, Size k, Real factor) {
        if (at.dx[k] && at.dx[k] != at.dy) affine(factor, Real{0}, at.dy, at.dx[k], at.count(), at.into[k]);
    }

    // ---- Values of nothing

    static void constant(At at) { std::fill_n(at.y, at.count(), at.number()); }
    static void weight(At at) { std::copy_n(at.weights + at.node.weights, at.columns, at.y); }
    static void weight_backward(At at) {
        if (at.dweights) axpy(Real{1}, at.dy, at.dweights + at.node.weights, at.columns);
    }
    static void broadcast(At at) {
        for (Size r = 0; r < at.rows; ++r) std::copy_n(at.x[0], at.columns, at.y + r * at.columns);
    }
    static void broadcast_backward(At at) { add_bias_backward(at.dy, at.dx[0], at.rows, at.columns); }

    // ---- Two operands

    static void add(At at) { unroll::add(at.x[0], at.x[1], at.y, at.count()); }
    static void add_backward(At at) {
        pass(at, 0, Real{1});
        pass(at, 1, Real{1});
    }
    static void subtract(At at) { unroll::subtract(at.x[0], at.x[1], at.y, at.count()); }
    static void subtract_backward(At at) {
        pass(at, 0, Real{1});
        pass(at, 1, Real{-1});
    }
    static void multiply(At at) { unroll::multiply(at.x[0], at.x[1], at.y, at.count(), Into::overwrite); }
    static void multiply_backward(At at) {
        if (at.dx[0]) unroll::multiply(at.dy, at.x[1], at.dx[0], at.count(), at.into[0]);
        if (at.dx[1]) unroll::multiply(at.dy, at.x[0], at.dx[1], at.count(), at.into[1]);
    }
    static void divide(At at) {
        for (Size i = 0; i < at.count(); ++i) at.y[i] = at.x[0][i] / at.x[1][i];
    }
    static void divide_backward(At at) {
        for (Size i = 0; i < at.count(); ++i) {
            const Real share = at.dy[i] / at.x[1][i];
            if (at.dx[0]) put(share, at.dx[0][i], at.into[0]);
            if (at.dx[1]) put(-share * at.y[i], at.dx[1][i], at.into[1]);
        }
    }
    static void maximum(At at) {
        for (Size i = 0; i < at.count(); ++i) at.y[i] = at.x[0][i] >= at.x[1][i] ? at.x[0][i] : at.x[1][i];
    }
    static void minimum(At at) {
        for (Size i = 0; i < at.count(); ++i) at.y[i] = at.x[0][i] <= at.x[1][i] ? at.x[0][i] : at.x[1][i];
    }
    static void maximum_backward(At at) {
        choose_backward(at, [](Real a, Real b) { return a >= b; });
    }
    static void minimum_backward(At at) {
        choose_backward(at, [](Real a, Real b) { return a <= b; });
    }
    static void select(At at) {
        for (Size r = 0; r < at.rows; ++r)
            std::copy_n(at.x[at.x[0][r] != 0 ? 1 : 2] + r * at.columns, at.columns, at.y + r * at.columns);
    }
    static void select_backward(At at) {
        for (Size r = 0; r < at.rows; ++r)
            for (const Size k : {1, 2}) {
                if (!at.dx[k]) continue;
                const bool chosen = (at.x[0][r] != 0) == (k == 1);
                affine(chosen ? Real{1} : Real{0}, Real{0}, at.dy + r * at.columns, at.dx[k] + r * at.columns,
                       at.columns, at.into[k]);
            }
    }

    // ---- One operand, element by element

    static void pass_back(At at) { pass(at, 0, Real{1}); }
    static void shift(At at) { affine(Real{1}, at.number(), at.x[0], at.y, at.count(), Into::overwrite); }
    static void scale(At at) { affine(at.number(), Real{0}, at.x[0], at.y, at.count(), Into::overwrite); }
    static void scale_backward(At at) { pass(at, 0, at.number()); }
    static void quotient(At at) {
        for (Size i = 0; i < at.count(); ++i) at.y[i] = at.number() / at.x[0][i];
    }
    static void at_least(At at) {
        for (Size i = 0; i < at.count(); ++i) at.y[i] = at.x[0][i] >= at.number() ? at.x[0][i] : at.number();
    }
    static void at_most(At at) {
        for (Size i = 0; i < at.count(); ++i) at.y[i] = at.x[0][i] <= at.number() ? at.x[0][i] : at.number();
    }

    template <Function f>
    static void apply(At at) {
        f(at.x[0], at.y, at.count());
    }
    template <Slope slope>
    static void slope_of_y(At at) {
        slope_of<slope>(at, at.y);
    }
    template <Slope slope>
    static void slope_of_x(At at) {
        slope_of<slope>(at, at.x[0]);
    }
    static void exp_backward(At at) { unroll::multiply(at.dy, at.y, at.dx[0], at.count(), at.into[0]); }
    static void softplus_backward(At at) { by_scratch<&unroll::sigmoid<Real>>(at, Real{1}); }
    static void sin_backward(At at) { by_scratch<&unroll::cos<Real>>(at, Real{1}); }
    static void cos_backward(At at) { by_scratch<&unroll::sin<Real>>(at, Real{-1}); }
    static void quotient_backward(At at) {
        for (Size i = 0; i < at.count(); ++i) put(-at.dy[i] * at.y[i] / at.x[0][i], at.dx[0][i], at.into[0]);
    }
    static void log_backward(At at) {
        for (Size i = 0; i < at.count(); ++i) put(at.dy[i] / at.x[0][i], at.dx[0][i], at.into[0]);
    }
    static void sqrt_backward(At at) {
        for (Size i = 0; i < at.count(); ++i)
            put(at.y[i] > 0 ? at.dy[i] * Real{0.5} / at.y[i] : Real{0}, at.dx[0][i], at.into[0]);
    }
    static void at_least_backward(At at) {
        for (Size i = 0; i < at.count(); ++i)
            put(at.x[0][i] >= at.number() ? at.dy[i] : Real{0}, at.dx[0][i], at.into[0]);
    }
    static void at_most_backward(At at) {
        for (Size i = 0; i < at.count(); ++i)
            put(at.x[0][i] <= at.number() ? at.dy[i] : Real{0}, at.dx[0][i], at.into[0]);
    }

    // ---- One operand, row by row

    static void softmax(At at) { unroll::softmax(at.x[0], at.y, at.rows, at.columns); }
    static void softmax_backward(At at) {
        unroll::softmax_backward(at.y, at.dy, at.scratch, at.rows, at.columns);
        affine(Real{1}, Real{0}, at.scratch, at.dx[0], at.count(), at.into[0]);
    }
    template <Normalization kind>
    static void normalize(At at) {
        unroll::normalize(at.x[0], at.y, at.rows * at.node.groups, at.columns / at.node.groups, kind, at.node.number);
    }
    template <Normalization kind>
    static void normalize_backward(At at) {
        unroll::normalize_backward(at.x[0], at.y, at.dy, at.dx[0], at.rows * at.node.groups,
                                   at.columns / at.node.groups, kind, at.node.number, at.into[0]);
    }
    /// Groups of n elements of `wide` and single ones of `narrow`, (rows · groups) of both.
    static void add_up(const Real* wide, Real* narrow, Size groups, Size n, Into into) {
        for (Size g = 0; g < groups; ++g) {
            Real total = 0;
            for (Size j = 0; j < n; ++j) total += wide[g * n + j];
            put(total, narrow[g], into);
        }
    }
    static void spread(const Real* narrow, Real* wide, Size groups, Size n, Into into) {
        for (Size g = 0; g < groups; ++g)
            for (Size j = 0; j < n; ++j) put(narrow[g], wide[g * n + j], into);
    }
    static void sum(At at) { add_up(at.x[0], at.y, at.count(), at.widths[0] / at.columns, Into::overwrite); }
    static void sum_backward(At at) { spread(at.dy, at.dx[0], at.count(), at.widths[0] / at.columns, at.into[0]); }
    static void repeat(At at) {
        spread(at.x[0], at.y, at.rows * at.widths[0], at.columns / at.widths[0], Into::overwrite);
    }
    static void repeat_backward(At at) {
        add_up(at.dy, at.dx[0], at.rows * at.widths[0], at.columns / at.widths[0], at.into[0]);
    }
    static void slice(At at) {
        for (Size r = 0; r < at.rows; ++r)
            std::copy_n(at.x[0] + r * at.widths[0] + at.node.first, at.columns, at.y + r * at.columns);
    }
    static void slice_backward(At at) {
        for (Size r = 0; r < at.rows; ++r)
            axpy(Real{1}, at.dy + r * at.columns, at.dx[0] + r * at.widths[0] + at.node.first, at.columns);
    }
    /// Called for one operand after another.
    static void concatenate(At at) {
        for (Size r = 0; r < at.rows; ++r)
            std::copy_n(at.x[0] + r * at.widths[0], at.widths[0], at.y + r * at.columns + at.column);
    }
    static void concatenate_backward(At at) {
        for (Size r = 0; r < at.rows; ++r)
            affine(Real{1}, Real{0}, at.dy + r * at.columns + at.column, at.dx[0] + r * at.widths[0], at.widths[0],
                   at.into[0]);
    }

    // ---- Matrices: S (n, m) of each head of each row

    /// Calls body(head of S, of the vector along the rows, of the one along the columns), as places in the arrays.
    template <class Body>
    static void for_each_head(At at, Size heads, Size n, Size m, Body&& body) {
        for (Size i = 0; i < at.rows * heads; ++i) body(i * n * m, i * n, i * m);
    }

    static void outer(At at) {
        const Size n = at.node.rows, m = at.node.columns();
        for_each_head(at, at.node.heads, n, m, [&](Size S, Size k, Size v) {
            unroll::outer(at.x[0] + k, at.x[1] + v, at.y + S, n, m, Into::overwrite);
        });
    }
    static void outer_backward(At at) {
        const Size n = at.node.rows, m = at.node.columns();
        for_each_head(at, at.node.heads, n, m, [&](Size S, Size k, Size v) {
            if (at.dx[0]) unroll::contract_columns(at.dy + S, at.x[1] + v, at.dx[0] + k, n, m, at.into[0]);
            if (at.dx[1]) unroll::contract(at.x[0] + k, at.dy + S, at.dx[1] + v, n, m, at.into[1]);
        });
    }
    static void contract(At at) {
        const auto [heads, n, m] = contracted(at);
        for_each_head(at, heads, n, m, [&, n = n, m = m](Size S, Size q, Size y) {
            unroll::contract(at.x[0] + q, at.x[1] + S, at.y + y, n, m, Into::overwrite);
        });
    }
    static void contract_backward(At at) {
        const auto [heads, n, m] = contracted(at);
        for_each_head(at, heads, n, m, [&, n = n, m = m](Size S, Size q, Size y) {
            if (at.dx[0]) unroll::contract_columns(at.x[1] + S, at.dy + y, at.dx[0] + q, n, m, at.into[0]);
            if (at.dx[1]) unroll::outer(at.x[0] + q, at.dy + y, at.dx[1] + S, n, m, at.into[1]);
        });
    }
    static void contract_columns(At at) {
        const auto [heads, n, m] = contracted_columns(at);
        for_each_head(at, heads, n, m, [&, n = n, m = m](Size S, Size y, Size v) {
            unroll::contract_columns(at.x[0] + S, at.x[1] + v, at.y + y, n, m, Into::overwrite);
        });
    }
    static void contract_columns_backward(At at) {
        const auto [heads, n, m] = contracted_columns(at);
        for_each_head(at, heads, n, m, [&, n = n, m = m](Size S, Size y, Size v) {
            if (at.dx[0]) unroll::outer(at.dy + y, at.x[1] + v, at.dx[0] + S, n, m, at.into[0]);
            if (at.dx[1]) unroll::contract(at.dy + y, at.x[0] + S, at.dx[1] + v, n, m, at.into[1]);
        });
    }
    static void scale_rows(At at) {
        const Size n = at.rows * at.widths[1], m = at.columns / at.widths[1];
        unroll::scale_rows(at.x[0], at.x[1], at.y, n, m, Into::overwrite);
    }
    static void scale_rows_backward(At at) {
        const Size n = at.rows * at.widths[1], m = at.columns / at.widths[1];
        if (at.dx[0]) unroll::scale_rows(at.dy, at.x[1], at.dx[0], n, m, at.into[0]);
        if (at.dx[1]) unroll::row_dots(at.dy, at.x[0], at.dx[1], n, m, at.into[1]);
    }
    static void scale_columns(At at) {
        const Size n = at.node.rows, m = at.node.columns();
        for_each_head(at, at.node.heads, n, m, [&](Size S, Size, Size b) {
            unroll::scale_columns(at.x[0] + S, at.x[1] + b, at.y + S, n, m, Into::overwrite);
        });
    }
    static void scale_columns_backward(At at) {
        const Size n = at.node.rows, m = at.node.columns();
        for_each_head(at, at.node.heads, n, m, [&](Size S, Size, Size b) {
            if (at.dx[0]) unroll::scale_columns(at.dy + S, at.x[1] + b, at.dx[0] + S, n, m, at.into[0]);
            if (at.dx[1]) unroll::column_dots(at.dy + S, at.x[0] + S, at.dx[1] + b, n, m, at.into[1]);
        });
    }

    // ---- With weights; products are in products.h

    static void plus(At at) {
        std::copy_n(at.x[0], at.count(), at.y);
        add_bias(at.weights + at.node.weights, at.y, at.rows, at.columns);
    }
    static void plus_backward(At at) {
        if (at.dx[0]) pass_back(at);
        if (at.dweights) add_bias_backward(at.dy, at.dweights + at.node.weights, at.rows, at.columns);
    }
    static void times(At at) { multiply_rows(at.x[0], at, at.y, Into::overwrite); }
    static void times_backward(At at) {
        if (at.dx[0]) multiply_rows(at.dy, at, at.dx[0], at.into[0]);
        if (!at.dweights) return;
        unroll::multiply(at.dy, at.x[0], at.scratch, at.count(), Into::overwrite);
        add_bias_backward(at.scratch, at.dweights + at.node.weights, at.rows, at.columns);
    }

    /// The table.
    static Operation<Real> of(Node::Kind kind);

private:
    static void multiply_rows(const Real* x, At at, Real* y, Into into) {
        for (Size r = 0; r < at.rows; ++r)
            unroll::multiply(x + r * at.columns, at.weights + at.node.weights, y + r * at.columns, at.columns, into);
    }

    template <class First>
    static void choose_backward(At at, First&& first) {
        for (Size i = 0; i < at.count(); ++i) {
            const bool a = first(at.x[0][i], at.x[1][i]);
            if (at.dx[0]) put(a ? at.dy[i] : Real{0}, at.dx[0][i], at.into[0]);
            if (at.dx[1]) put(a ? Real{0} : at.dy[i], at.dx[1][i], at.into[1]);
        }
    }

    template <Slope slope>
    static void slope_of(At at, const Real* x_or_y) {
        if (at.into[0] == Into::overwrite) {
            slope(x_or_y, at.dy, at.dx[0], at.count());
        } else {
            slope(x_or_y, at.dy, at.scratch, at.count());
            axpy(Real{1}, at.scratch, at.dx[0], at.count());
        }
    }

    /// dx = or += sign dy f(x).
    template <Function f>
    static void by_scratch(At at, Real sign) {
        f(at.x[0], at.scratch, at.count());
        if (sign < 0) affine(sign, Real{0}, at.scratch, at.scratch, at.count(), Into::overwrite);
        unroll::multiply(at.dy, at.scratch, at.dx[0], at.count(), at.into[0]);
    }

    struct Extent {
        Size heads, n, m;
    };
    static Extent contracted(At at) {  // the columns are y's
        const Size n_heads = at.widths[0], m_heads = at.columns, heads = n_heads * m_heads / at.widths[1];
        return {heads, n_heads / heads, m_heads / heads};
    }
    static Extent contracted_columns(At at) {
        const Size n_heads = at.columns, m_heads = at.widths[1], heads = n_heads * m_heads / at.widths[0];
        return {heads, n_heads / heads, m_heads / heads};
    }
};

}  // namespace unroll
