// The branch that works on each step by itself.
#pragma once

#include "../common/linear.h"
#include "../common/pieces.h"
#include "shape.h"
#include "unroll/cell.h"
#include "unroll/kernels.h"
#include "unroll/parallel.h"

namespace unroll::cells {

/// linear2(f(linear1(x))) with f = gelu or relu.
template <class Real>
class FeedForwardBranch {
public:
    FeedForwardBranch() = default;
    FeedForwardBranch(CellLayout& layout, const Shape& shape, Size width, bool with_relu)
        : width_(width), relu_(with_relu) {
        expand_ =
            add_linear<Real>(layout, "linear1.weight", "linear1.bias", shape.H, width, Weight::Role::input, shape.bias);
        contract_ = add_linear<Real>(layout, "linear2.weight", "linear2.bias", width, shape.H, Weight::Role::residual,
                                     shape.bias);
    }

    struct Saved {
        Real* sums;    ///< (rows, F), what f is applied to; with relu the same array as `active`
        Real* active;  ///< (rows, F)
    };
    Saved take(Pieces<Real>& pieces, Size rows) const {
        Real* sums = pieces.take(rows * width_);
        return {sums, relu_ ? sums : pieces.take(rows * width_)};
    }

    Size prepared_size() const { return expand_.prepared_size() + contract_.prepared_size(); }
    void prepare(const Real* weights, Real* prepared) const {
        expand_.prepare(weights, prepared);
        contract_.prepare(weights, prepared + expand_.prepared_size());
    }

    Size workspace_size(Size rows) const { return rows * width_; }

    void forward(const Forward<Real>& call, const Real* prepared, const Saved& saved, const Real* in, Real* out) const {
        const Size rows = call.T * call.B;
        expand_.forward(call.weights, prepared, in, rows, saved.sums);
        for_each_part(rows * width_, [&](Size first, Size n) {
            relu_ ? relu(saved.sums + first, saved.active + first, n)
                  : gelu(saved.sums + first, saved.active + first, n);
        });
        contract_.forward(call.weights, prepared + expand_.prepared_size(), saved.active, rows, out);
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients, const Saved& saved, const Real* in,
                  const Real* dout, Real* din, Real* workspace) const {
        const Size rows = call.T * call.B;
        Real* d = workspace;  // (rows, F)
        contract_.backward_weights(saved.active, dout, rows, gradients.dweights);
        contract_.backward_input(call.weights, dout, rows, d);
        for_each_part(rows * width_, [&](Size first, Size n) {
            relu_ ? relu_backward(saved.active + first, d + first, d + first, n)
                  : gelu_backward(saved.sums + first, d + first, d + first, n);
        });
        expand_.backward_weights(in, d, rows, gradients.dweights);
        expand_.backward_input(call.weights, d, rows, din);
    }

private:
    template <class Body>
    static void for_each_part(Size n, Body&& body) {
        parallel_for(n, 16384, [&](Size first, Size last) { body(first, last - first); });
    }

    Size width_ = 0;
    bool relu_ = false;
    Linear<Real> expand_, contract_;
};

}  // namespace unroll::cells
