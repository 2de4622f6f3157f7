// The simple recurrent cell (Elman's), as PyTorch has it:
//
//     h_t = f(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)        f = tanh or relu
//
// x (T, B, D), h = y (T, B, H); weight_ih (H, D), weight_hh (H, H), bias_ih (H), bias_hh (H); state: h (H).
// Memory: nothing is saved, since f' follows from y; backward's workspace holds B·H for a few steps.
#include <algorithm>

#include "unroll/kernels.h"
#include "unroll/layers.h"
#include "unroll/plugin.h"

namespace {

using namespace unroll;
using namespace unroll::layers;

template <class Real>
class Rnn final : public Cell<Real> {
public:
    Rnn(const CellSpec& spec, const Options& options)
        : H(spec.hidden), activation_(options.text("activation") == "relu" ? Activation::relu : Activation::tanh) {
        CellLayout& layout = this->layout_;
        input_ = {spec, H, layout.add({"weight_ih", {H, spec.input}, Weight::Role::input, H})};
        weight_hh_ = layout.add({"weight_hh", {H, H}, Weight::Role::recurrent, H});
        bias_ih_ = layout.add({"bias_ih", {H}, Weight::Role::bias, H});
        bias_hh_ = layout.add({"bias_hh", {H}, Weight::Role::bias, H});
        h_ = {layout.add_state("h", H), H, H};
        layout.output = H;
        layout.takes_tokens = true;
    }

    Size saved_size(Size, Size) const override { return 0; }
    Size workspace_size(Size T, Size B) const override { return Workspace(*this, T, B).used(); }
    Size prepared_size() const override { return Prepared<Real>(*this).used(); }

    void prepare(const Real* weights, Real* to) const override {
        const Prepared<Real> prepared(*this, to);
        const Matrix<const Real> weight_hh(weights + weight_hh_, H, H);
        std::copy_n(weights + bias_ih_, H, prepared.bias);
        axpy(1, weights + bias_hh_, prepared.bias, H);
        input_.prepare(weights, prepared.input, prepared.bias);
        pack<Real>(weight_hh.transposed(), prepared.forward);
        pack<Real>(weight_hh, prepared.backward);
    }

    void forward(const Forward<Real>& call) const override {
        const Size T = call.T, B = call.B;
        const Prepared<const Real> prepared(*this, call.prepared);
        const Into into = call.x.values ? Into::add : Into::overwrite;
        input_.project_values(call, prepared.input, call.y);
        for (Size t = 0; t < T; ++t) {
            Real* h = call.y + t * B * H;
            h_.multiply(call, call.y, t, Packed<Real>{prepared.forward, H, H}, h, into);
            rnn_step<Real>({.time = time_step(call, t),
                            .n = H,
                            .activation = activation_,
                            .added = input_.added(call, prepared.input, t),
                            .h = h});
        }
        h_.write_next(call, call.y);
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        const Size T = call.T, B = call.B;
        const Prepared<const Real> prepared(*this, call.prepared);
        const Workspace work(*this, T, B, gradients.workspace);

        std::fill_n(work.dbias, H, Real{0});
        input_.begin_backward(call, gradients, work.input);
        for_each_chunk_backward(T, B, [&](Size first, Size last) {
            for (Size t = last; t-- > first;)
                step_backward(call, gradients, prepared, work, t, work.dsums + (t - first) * B * H);
            input_.backward_steps(call, gradients, first, last - first, work.dsums, work.dbias, work.input);
            if (gradients.dweights)
                h_.add_weight_gradient<Real>(call, first, {work.dsums, (last - first) * B, H}, call.y,
                                             {gradients.dweights + weight_hh_, H, H});
        });
        h_.write_gradient(call, gradients, work.dh);
        input_.end_backward(call, gradients, work.dbias, work.input);
        if (!gradients.dweights) return;
        axpy(1, work.dbias, gradients.dweights + bias_ih_, H);
        axpy(1, work.dbias, gradients.dweights + bias_hh_, H);
    }

private:
    template <class Element>
    struct Prepared : Slices<Element> {
        Element* input;
        Element *forward, *backward;  ///< W_hhᵀ and W_hh, packed
        Element* bias;                ///< b_ih + b_hh

        explicit Prepared(const Rnn& cell, Element* base = nullptr)
            : Slices<Element>(base),
              input(this->take(cell.input_.prepared_size())),
              forward(this->take(packed_size(cell.H, cell.H))),
              backward(this->take(packed_size(cell.H, cell.H))),
              bias(this->take(cell.H)) {}
    };

    struct Workspace : Slices<Real> {
        Real* dsums;  ///< (steps, B, H), the gradient of what f is applied to
        Real* dh;     ///< (B, H), on its way from step to step
        Real *dbias, *input;

        Workspace(const Rnn& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base),
              dsums(this->take(chunk_steps(T, B) * B * cell.H)),
              dh(this->take(B * cell.H)),
              dbias(this->take(cell.H)),
              input(this->take(cell.input_.workspace_size())) {}
    };

    /// dsums (B, H) of step t, and in dh the gradient of h before it.
    void step_backward(const Forward<Real>& call, const Backward<Real>& gradients, const Prepared<const Real>& prepared,
                       const Workspace& work, Size t, Real* dsums) const {
        const Size B = call.B;
        rnn_step_backward<Real>({.time = time_step(call, t),
                                 .n = H,
                                 .activation = activation_,
                                 .h = call.y + t * B * H,
                                 .dy = gradients.dy + t * B * H,
                                 .dh = h_.gradient(gradients, work.dh),
                                 .dsums = dsums});
        if (t > 0 || gradients.dstate)
            gemm(Matrix<const Real>(dsums, B, H), Packed<Real>{prepared.backward, H, H}, Matrix<Real>(work.dh, B, H),
                 Into::overwrite);
    }

    Size H;
    Activation activation_;
    InputProjection<Real> input_;
    Size weight_hh_, bias_ih_, bias_hh_;
    RecurrentState h_;
};

constexpr Option options[] = {
    Option::choice("activation", "\"tanh\"", "tanh|relu", "activation function of the hidden state"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::cell_plugin<Rnn>("rnn", 2, "simple recurrent cell", options);
