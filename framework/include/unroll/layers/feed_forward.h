// A feed-forward network, applied to each row by itself, as a transformer layer has it.
//
//     gelu, relu:  linear2(f(linear1(x)))                            Vaswani et al. 2017
//     swiglu:      linear2(silu(linear_gate(x)) ∘ linear1(x))        Shazeer 2020
#pragma once

#include <string>

#include "unroll/cell.h"
#include "unroll/kernels/elementwise.h"
#include "unroll/layers/linear.h"
#include "unroll/layers/silu_gate.h"
#include "unroll/layers/slices.h"
#include "unroll/parallel.h"

namespace unroll::layers {

enum class FeedForwardActivation { gelu, relu, swiglu };

struct FeedForwardSpec {
    Size width = 0;   ///< of what comes in and goes out
    Size hidden = 0;  ///< F, between the two
    FeedForwardActivation activation = FeedForwardActivation::gelu;
    Bias bias = Bias::present;
};

/// x (rows, width). Immutable; any number of threads may use it. `weights` and `dweights` are those of the whole cell.
template <class Real>
class FeedForward {
public:
    FeedForward() = default;
    /// Adds linear1, linear2 (PyTorch's names) and, with swiglu, linear_gate between them to the layout, each with
    /// .weight and perhaps .bias.
    FeedForward(CellLayout& layout, const FeedForwardSpec& spec)
        : hidden_(spec.hidden),
          activation_(spec.activation),
          expand_(layout, declared(spec, "linear1")),
          gate_(gated() ? Linear<Real>(layout, declared(spec, "linear_gate")) : Linear<Real>()),
          contract_(layout, {.inputs = spec.hidden,
                             .outputs = spec.width,
                             .weight = "linear2.weight",
                             .bias = "linear2.bias",
                             .role = Weight::Role::residual,
                             .has_bias = spec.bias}) {}

    struct Saved {
        Real* sums;    ///< (rows, F), of linear1; with relu the same array as `active`
        Real* gate;    ///< (rows, F), with swiglu
        Real* active;  ///< (rows, F), what linear2 is applied to
    };
    Saved take(Slices<Real>& slices, Size rows) const {
        Real* sums = slices.take(rows * hidden_);
        Real* gate = slices.take(gated() ? rows * hidden_ : 0);
        return {sums, gate, in_place() ? sums : slices.take(rows * hidden_)};
    }

    /// To be called from Cell::prepare.
    Size prepared_size() const { return expand_.prepared_size() + gate_.prepared_size() + contract_.prepared_size(); }
    void prepare(const Real* weights, Real* prepared) const {
        expand_.prepare(weights, prepared);
        prepared += expand_.prepared_size();
        if (gated()) gate_.prepare(weights, prepared);
        contract_.prepare(weights, prepared + gate_.prepared_size());
    }

    /// out (rows, width), not the same array as in, is overwritten.
    void forward(const Real* weights, const Real* prepared, Size rows, const Saved& saved, const Real* in,
                 Real* out) const {
        expand_.forward(weights, prepared, in, rows, saved.sums);
        prepared += expand_.prepared_size();
        if (gated()) {
            gate_.forward(weights, prepared, in, rows, saved.gate);
            silu_gate(saved.gate, saved.sums, saved.active, rows * hidden_);
        } else {
            for_each_part(rows * hidden_, [&](Size first, Size n) {
                in_place() ? relu(saved.sums + first, saved.active + first, n)
                           : gelu(saved.sums + first, saved.active + first, n);
            });
        }
        contract_.forward(weights, prepared + gate_.prepared_size(), saved.active, rows, out);
    }

    /// din (rows, width) is overwritten, `dweights` added to (null: not wanted). `workspace` has workspace_size(rows)
    /// elements.
    Size workspace_size(Size rows) const { return rows * hidden_ * (gated() ? 2 : 1); }
    void backward(const Real* weights, Real* dweights, Size rows, const Saved& saved, const Real* in, const Real* dout,
                  Real* din, Real* workspace) const {
        Real* d = workspace;  // (rows, F)
        contract_.backward_weights(saved.active, dout, rows, dweights);
        contract_.backward_input(weights, dout, rows, d);
        if (gated()) {
            Real* dgate = workspace + rows * hidden_;
            silu_gate_backward(saved.gate, saved.sums, d, dgate, d, rows * hidden_);
            gate_.backward_weights(in, dgate, rows, dweights);
            gate_.backward_input(weights, dgate, rows, din);
        } else {
            for_each_part(rows * hidden_, [&](Size first, Size n) {
                in_place() ? relu_backward(saved.active + first, d + first, d + first, n)
                           : gelu_backward(saved.sums + first, d + first, d + first, n);
            });
        }
        expand_.backward_weights(in, d, rows, dweights);
        expand_.backward_input(weights, d, rows, din, gated() ? Into::add : Into::overwrite);
    }

private:
    static LinearWeights declared(const FeedForwardSpec& spec, const std::string& name) {
        return {.inputs = spec.width,
                .outputs = spec.hidden,
                .weight = name + ".weight",
                .bias = name + ".bias",
                .role = Weight::Role::input,
                .has_bias = spec.bias};
    }
    bool gated() const { return activation_ == FeedForwardActivation::swiglu; }
    bool in_place() const { return activation_ == FeedForwardActivation::relu; }

    Size hidden_ = 0;
    FeedForwardActivation activation_ = FeedForwardActivation::gelu;
    Linear<Real> expand_, gate_, contract_;
};

}  // namespace unroll::layers
