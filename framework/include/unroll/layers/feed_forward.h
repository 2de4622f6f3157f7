// A feed-forward network of two linear layers, applied to each row by itself, as a transformer layer has it.
#pragma once

#include "unroll/cell.h"
#include "unroll/kernels/elementwise.h"
#include "unroll/layers/linear.h"
#include "unroll/layers/slices.h"
#include "unroll/parallel.h"

namespace unroll::layers {

enum class FeedForwardActivation { gelu, relu };

struct FeedForwardSpec {
    Size width = 0;   ///< of what comes in and goes out
    Size hidden = 0;  ///< F, between the two
    FeedForwardActivation activation = FeedForwardActivation::gelu;
    Bias bias = Bias::present;
};

/// linear2(f(linear1(x))), x (rows, width). Immutable; any number of threads may use it. `weights` and `dweights` are
/// those of the whole cell.
template <class Real>
class FeedForward {
public:
    FeedForward() = default;
    /// Adds linear1.weight, linear1.bias, linear2.weight and linear2.bias to the layout, PyTorch's names.
    FeedForward(CellLayout& layout, const FeedForwardSpec& spec)
        : hidden_(spec.hidden),
          relu_(spec.activation == FeedForwardActivation::relu),
          expand_(layout, {.inputs = spec.width,
                           .outputs = spec.hidden,
                           .weight = "linear1.weight",
                           .bias = "linear1.bias",
                           .role = Weight::Role::input,
                           .has_bias = spec.bias}),
          contract_(layout, {.inputs = spec.hidden,
                             .outputs = spec.width,
                             .weight = "linear2.weight",
                             .bias = "linear2.bias",
                             .role = Weight::Role::residual,
                             .has_bias = spec.bias}) {}

    struct Saved {
        Real* sums;    ///< (rows, F), what f is applied to; with relu the same array as `active`
        Real* active;  ///< (rows, F)
    };
    Saved take(Slices<Real>& slices, Size rows) const {
        Real* sums = slices.take(rows * hidden_);
        return {sums, relu_ ? sums : slices.take(rows * hidden_)};
    }

    /// To be called from Cell::prepare.
    Size prepared_size() const { return expand_.prepared_size() + contract_.prepared_size(); }
    void prepare(const Real* weights, Real* prepared) const {
        expand_.prepare(weights, prepared);
        contract_.prepare(weights, prepared + expand_.prepared_size());
    }

    /// out (rows, width), not the same array as in, is overwritten.
    void forward(const Real* weights, const Real* prepared, Size rows, const Saved& saved, const Real* in,
                 Real* out) const {
        expand_.forward(weights, prepared, in, rows, saved.sums);
        for_each_part(rows * hidden_, [&](Size first, Size n) {
            relu_ ? relu(saved.sums + first, saved.active + first, n)
                  : gelu(saved.sums + first, saved.active + first, n);
        });
        contract_.forward(weights, prepared + expand_.prepared_size(), saved.active, rows, out);
    }

    /// din (rows, width) is overwritten, `dweights` added to (null: not wanted). `workspace` has workspace_size(rows)
    /// elements.
    Size workspace_size(Size rows) const { return rows * hidden_; }
    void backward(const Real* weights, Real* dweights, Size rows, const Saved& saved, const Real* in, const Real* dout,
                  Real* din, Real* workspace) const {
        Real* d = workspace;  // (rows, F)
        contract_.backward_weights(saved.active, dout, rows, dweights);
        contract_.backward_input(weights, dout, rows, d);
        for_each_part(rows * hidden_, [&](Size first, Size n) {
            relu_ ? relu_backward(saved.active + first, d + first, d + first, n)
                  : gelu_backward(saved.sums + first, d + first, d + first, n);
        });
        expand_.backward_weights(in, d, rows, dweights);
        expand_.backward_input(weights, d, rows, din);
    }

private:
    template <class Body>
    static void for_each_part(Size n, Body&& body) {
        parallel_for(n, 16384, [&](Size first, Size last) { body(first, last - first); });
    }

    Size hidden_ = 0;
    bool relu_ = false;
    Linear<Real> expand_, contract_;
};

}  // namespace unroll::layers
