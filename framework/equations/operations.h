// The operations of a cell of equations: one table that says of each how its values are computed and how gradients pass
// through it.
#pragma once

#include <algorithm>

#include "equations/graph.h"
#include "unroll/kernels.h"

namespace unroll {

/// Some rows of a node, of its operands and of their adjoints; all contiguous. Backward adds to da and db.
template <class Real>
struct Operands {
    const Node& node;
    Size rows, columns;                     ///< of y
    Size a_columns = 0;                     ///< of a; b is as wide as y
    const Real *a = nullptr, *b = nullptr;  ///< b null: there is no second one
    Real* y = nullptr;
    const Real* weights = nullptr;  ///< the node's own
    Packed<Real> packed{};          ///< products: what a, or backward dy, is multiplied by
    Size operand = 0;               ///< which one a is; only concatenate's goes beyond the first
    Size column = 0;                ///< concatenate: where a begins in y

    const Real* dy = nullptr;
    Real *da = nullptr, *db = nullptr;  ///< null: not wanted, but not both
    Real* scratch = nullptr;            ///< (rows, columns)

    Size count() const { return rows * columns; }
    Real number() const { return static_cast<Real>(node.number); }
};

template <class Real>
void copy_columns(const Real* x, Size x_stride, Real* y, Size y_stride, Size width, Size rows) {
    for (Size r = 0; r < rows; ++r) std::copy_n(x + r * x_stride, width, y + r * y_stride);
}

template <class Real>
void add_columns(const Real* x, Size x_stride, Real* y, Size y_stride, Size width, Size rows) {
    for (Size r = 0; r < rows; ++r)
        for (Size j = 0; j < width; ++j) y[r * y_stride + j] += x[r * x_stride + j];
}

/// What a node does. Null functions: its values are given, not computed.
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

    // ---- Two operands

    static void add(At at) {
        for (Size i = 0; i < at.count(); ++i) at.y[i] = at.a[i] + at.b[i];
    }
    static void add_backward(At at) {
        if (at.db) axpy(Real{1}, at.dy, at.db, at.count());
        if (at.da) axpy(Real{1}, at.dy, at.da, at.count());
    }
    static void subtract(At at) {
        for (Size i = 0; i < at.count(); ++i) at.y[i] = at.a[i] - at.b[i];
    }
    static void subtract_backward(At at) {
        if (at.db) axpy(Real{-1}, at.dy, at.db, at.count());
        if (at.da) axpy(Real{1}, at.dy, at.da, at.count());
    }
    static void multiply(At at) { unroll::multiply(at.a, at.b, at.y, at.count(), Into::overwrite); }
    static void multiply_backward(At at) {
        if (at.db) unroll::multiply(at.dy, at.a, at.db, at.count(), Into::add);
        if (at.da) unroll::multiply(at.dy, at.b, at.da, at.count(), Into::add);
    }

    // ---- One operand, element by element

    static void pass_back(At at) { axpy(Real{1}, at.dy, at.da, at.count()); }
    static void shift(At at) {
        for (Size i = 0; i < at.count(); ++i) at.y[i] = at.a[i] + at.number();
    }
    static void scale(At at) {
        for (Size i = 0; i < at.count(); ++i) at.y[i] = at.a[i] * at.number();
    }
    static void scale_backward(At at) { axpy(at.number(), at.dy, at.da, at.count()); }

    template <Function f>
    static void apply(At at) {
        f(at.a, at.y, at.count());
    }
    template <Slope slope>
    static void slope_of_y(At at) {
        slope(at.y, at.dy, at.scratch, at.count());
        axpy(Real{1}, at.scratch, at.da, at.count());
    }
    template <Slope slope>
    static void slope_of_x(At at) {
        slope(at.a, at.dy, at.scratch, at.count());
        axpy(Real{1}, at.scratch, at.da, at.count());
    }
    static void exp_backward(At at) { unroll::multiply(at.dy, at.y, at.da, at.count(), Into::add); }

    // ---- One operand, row by row

    static void softmax(At at) { unroll::softmax(at.a, at.y, at.rows, at.columns); }
    static void softmax_backward(At at) {
        unroll::softmax_backward(at.y, at.dy, at.scratch, at.rows, at.columns);
        axpy(Real{1}, at.scratch, at.da, at.count());
    }
    static void slice(At at) {
        copy_columns(at.a + at.node.first, at.a_columns, at.y, at.columns, at.columns, at.rows);
    }
    static void slice_backward(At at) {
        add_columns(at.dy, at.columns, at.da + at.node.first, at.a_columns, at.columns, at.rows);
    }
    /// Called for one operand after another.
    static void concatenate(At at) {
        copy_columns(at.a, at.a_columns, at.y + at.column, at.columns, at.a_columns, at.rows);
    }
    static void concatenate_backward(At at) {
        add_columns(at.dy + at.column, at.columns, at.da, at.a_columns, at.a_columns, at.rows);
    }

    // ---- With weights, whose own gradients are made for all rows at once

    static void product(At at) {
        gemm(Matrix<const Real>(at.a, at.rows, at.a_columns), at.packed, Matrix<Real>(at.y, at.rows, at.columns),
             Into::overwrite);
    }
    static void product_backward(At at) {
        gemm(Matrix<const Real>(at.dy, at.rows, at.columns), at.packed, Matrix<Real>(at.da, at.rows, at.a_columns),
             Into::add);
    }
    static void plus(At at) {
        std::copy_n(at.a, at.count(), at.y);
        add_bias(at.weights, at.y, at.rows, at.columns);
    }
    static void times(At at) { multiply_rows(at.a, at.weights, at.y, at, Into::overwrite); }
    static void times_backward(At at) { multiply_rows(at.dy, at.weights, at.da, at, Into::add); }

    /// The table.
    static Operation<Real> of(Node::Kind kind) {
        using Kind = Node::Kind;
        switch (kind) {
            case Kind::input:
            case Kind::state:
                break;
            case Kind::add:
                return {&add, &add_backward};
            case Kind::subtract:
                return {&subtract, &subtract_backward};
            case Kind::multiply:
                return {&multiply, &multiply_backward};
            case Kind::shift:
                return {&shift, &pass_back};
            case Kind::scale:
                return {&scale, &scale_backward};
            case Kind::sigmoid:
                return {&apply<&unroll::sigmoid<Real>>, &slope_of_y<&unroll::sigmoid_backward<Real>>};
            case Kind::tanh:
                return {&apply<&unroll::tanh<Real>>, &slope_of_y<&unroll::tanh_backward<Real>>};
            case Kind::relu:
                return {&apply<&unroll::relu<Real>>, &slope_of_y<&unroll::relu_backward<Real>>};
            case Kind::gelu:
                return {&apply<&unroll::gelu<Real>>, &slope_of_x<&unroll::gelu_backward<Real>>};
            case Kind::exp:
                return {&apply<&unroll::exp<Real>>, &exp_backward};
            case Kind::softmax:
                return {&softmax, &softmax_backward};
            case Kind::slice:
                return {&slice, &slice_backward};
            case Kind::concatenate:
                return {&concatenate, &concatenate_backward};
            case Kind::product:
                return {&product, &product_backward};
            case Kind::plus:
                return {&plus, &pass_back};
            case Kind::times:
                return {&times, &times_backward};
        }
        return {};
    }

private:
    static void multiply_rows(const Real* x, const Real* gain, Real* y, At at, Into into) {
        for (Size r = 0; r < at.rows; ++r)
            unroll::multiply(x + r * at.columns, gain, y + r * at.columns, at.columns, into);
    }
};

}  // namespace unroll
