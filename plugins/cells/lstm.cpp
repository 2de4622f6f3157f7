// Long short-term memory, as PyTorch has it:
//
//     i, f, g, o = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh        the rows of the weights in this order
//     c_t = s(f) c_{t-1} + s(i) tanh(g)
//     h_t = s(o) tanh(c_t)                                      s = sigmoid, or Keras 2.0's clip(0.2 x + 0.5, 0, 1)
//
// The initializer starts the biases; with a `forget_bias` other than 0 they start at 0 instead, and the part of bias_ih
// that the forget gate has at that number.
//
// x (T, B, D), h = y (T, B, H); weight_ih (4H, D), weight_hh (4H, H), bias_ih (4H), bias_hh (4H); state: h (H), c (H).
// Memory: saved are T·B·5H, the four gates after their activations and c; backward's workspace B·4H for a few steps.
#include <algorithm>

#include "gate_bias.h"
#include "unroll/kernels.h"
#include "unroll/layers.h"
#include "unroll/plugin.h"

namespace {

using namespace unroll;
using namespace unroll::layers;

template <class Real>
class Lstm final : public Cell<Real> {
public:
    Lstm(const CellSpec& spec, const Options& options)
        : H(spec.hidden),
          gate_activation_(options.text("recurrent_activation") == "hard-sigmoid" ? Activation::hard_sigmoid
                                                                                  : Activation::sigmoid) {
        CellLayout& layout = this->layout_;
        input_ = {spec, 4 * H, layout.add({"weight_ih", {4 * H, spec.input}, Weight::Role::input, H})};
        weight_hh_ = layout.add({"weight_hh", {4 * H, H}, Weight::Role::recurrent, H});
        const double forget = options.number("forget_bias");
        bias_ih_ = layout.add({.name = "bias_ih",
                               .shape = {4 * H},
                               .role = Weight::Role::bias,
                               .fan_in = H,
                               .ones_first = H,
                               .ones_last = 2 * H,
                               .start = forget != 0 ? gate_bias(H, forget) : nullptr});
        bias_hh_ = layout.add({.name = "bias_hh",
                               .shape = {4 * H},
                               .role = Weight::Role::bias,
                               .fan_in = H,
                               .start = forget != 0 ? start::constant(0) : nullptr});
        h_ = {layout.add_state("h", H), H, 2 * H};
        c_ = {layout.add_state("c", H), H, 2 * H};
        layout.output = H;
        layout.takes_tokens = true;
    }

    Size saved_size(Size T, Size B) const override { return Saved(*this, T, B).used(); }
    Size workspace_size(Size T, Size B) const override { return Workspace(*this, T, B).used(); }
    Size prepared_size() const override { return Prepared<Real>(*this).used(); }

    void prepare(const Real* weights, Real* to) const override {
        const Prepared<Real> prepared(*this, to);
        const Matrix<const Real> weight_hh(weights + weight_hh_, 4 * H, H);
        std::copy_n(weights + bias_ih_, 4 * H, prepared.bias);
        axpy(1, weights + bias_hh_, prepared.bias, 4 * H);
        input_.prepare(weights, prepared.input, prepared.bias);
        pack<Real>(weight_hh.transposed(), prepared.forward);
        pack<Real>(weight_hh, prepared.backward);
    }

    void forward(const Forward<Real>& call) const override {
        const Size T = call.T, B = call.B;
        const Prepared<const Real> prepared(*this, call.prepared);
        const Saved saved(*this, T, B, call.saved);
        const Into into = call.x.values ? Into::add : Into::overwrite;
        input_.project_values(call, prepared.input, saved.gates);
        for (Size t = 0; t < T; ++t) {
            Real* gates = saved.gates + t * B * 4 * H;
            h_.multiply(call, call.y, t, Packed<Real>{prepared.forward, H, 4 * H}, gates, into);
            lstm_step<Real>({.time = time_step(call, t),
                             .n = H,
                             .gate_activation = gate_activation_,
                             .added = input_.added(call, prepared.input, t),
                             .c_before = c_.before(call, saved.c, t),
                             .gates = gates,
                             .c = saved.c + t * B * H,
                             .h = call.y + t * B * H});
        }
        h_.write_next(call, call.y);
        c_.write_next(call, saved.c);
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        const Size T = call.T, B = call.B;
        const Prepared<const Real> prepared(*this, call.prepared);
        const Saved saved(*this, T, B, call.saved);
        const Workspace work(*this, T, B, gradients.workspace);

        std::fill_n(work.dbias, 4 * H, Real{0});
        input_.begin_backward(call, gradients, work.input);
        for_each_chunk_backward(T, B, [&](Size first, Size last) {
            for (Size t = last; t-- > first;)
                step_backward(call, gradients, prepared, saved, work, t, work.dgates + (t - first) * B * 4 * H);
            input_.backward_steps(call, gradients, first, last - first, work.dgates, work.dbias, work.input);
            if (gradients.dweights)
                h_.add_weight_gradient<Real>(call, first, {work.dgates, (last - first) * B, 4 * H}, call.y,
                                             {gradients.dweights + weight_hh_, 4 * H, H});
        });
        h_.write_gradient(call, gradients, work.dh);
        c_.write_gradient(call, gradients, work.dc);
        input_.end_backward(call, gradients, work.dbias, work.input);
        if (!gradients.dweights) return;
        axpy(1, work.dbias, gradients.dweights + bias_ih_, 4 * H);
        axpy(1, work.dbias, gradients.dweights + bias_hh_, 4 * H);
    }

private:
    template <class Element>
    struct Prepared : Slices<Element> {
        Element* input;
        Element *forward, *backward;  ///< W_hhᵀ and W_hh, packed
        Element* bias;                ///< b_ih + b_hh

        explicit Prepared(const Lstm& cell, Element* base = nullptr)
            : Slices<Element>(base),
              input(this->take(cell.input_.prepared_size())),
              forward(this->take(packed_size(cell.H, 4 * cell.H))),
              backward(this->take(packed_size(4 * cell.H, cell.H))),
              bias(this->take(4 * cell.H)) {}
    };

    struct Saved : Slices<Real> {
        Real* gates;  ///< (T, B, 4H), after their activations
        Real* c;      ///< (T, B, H)

        Saved(const Lstm& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base), gates(this->take(T * B * 4 * cell.H)), c(this->take(T * B * cell.H)) {}
    };

    struct Workspace : Slices<Real> {
        Real* dgates;   ///< (steps, B, 4H), the gradients of the gates' sums
        Real *dh, *dc;  ///< (B, H), on their way from step to step
        Real *dbias, *input;

        Workspace(const Lstm& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base),
              dgates(this->take(chunk_steps(T, B) * B * 4 * cell.H)),
              dh(this->take(B * cell.H)),
              dc(this->take(B * cell.H)),
              dbias(this->take(4 * cell.H)),
              input(this->take(cell.input_.workspace_size())) {}
    };

    /// dgates (B, 4H) of step t, and in dh and dc the gradients of the state before it.
    void step_backward(const Forward<Real>& call, const Backward<Real>& gradients, const Prepared<const Real>& prepared,
                       const Saved& saved, const Workspace& work, Size t, Real* dgates) const {
        const Size B = call.B;
        lstm_step_backward<Real>({.time = time_step(call, t),
                                  .n = H,
                                  .gate_activation = gate_activation_,
                                  .gates = saved.gates + t * B * 4 * H,
                                  .c_before = c_.before(call, saved.c, t),
                                  .c = saved.c + t * B * H,
                                  .dy = gradients.dy + t * B * H,
                                  .dh = h_.gradient(gradients, work.dh),
                                  .dc = c_.gradient(gradients, work.dc),
                                  .dgates = dgates});
        if (t > 0 || gradients.dstate)
            gemm(Matrix<const Real>(dgates, B, 4 * H), Packed<Real>{prepared.backward, 4 * H, H},
                 Matrix<Real>(work.dh, B, H), Into::overwrite);
    }

    Size H;
    Activation gate_activation_;
    InputProjection<Real> input_;
    Size weight_hh_, bias_ih_, bias_hh_;
    RecurrentState h_, c_;
};

constexpr Option options[] = {
    Option::choice("recurrent_activation", "\"sigmoid\"", "sigmoid|hard-sigmoid",
                   "activation function of the gates i, f and o; hard-sigmoid is clip(0.2 x + 0.5, 0, 1)"),
    Option::number("forget_bias", "0", -100, 100,
                   "what the forget gate's bias starts at, all others at 0; 0: biases as the initializer has them")
        .implied_default(),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::cell_plugin<Lstm>("lstm", 2, "long short-term memory", options);
