// The gated recurrent unit, as PyTorch has it (reset after the product), and as its first article has it (before):
//
//     r, z = sigmoid(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)      the rows of the weights in the order r, z, n
//     n    = tanh(W_in x_t + b_in + r (W_hn h_{t-1} + b_hn))     reset: after
//     n    = tanh(W_in x_t + b_in + W_hn (r h_{t-1}) + b_hn)     reset: before
//     h_t  = (1 - z) n + z h_{t-1}
//
// x (T, B, D), h = y (T, B, H); weight_ih (3H, D), weight_hh (3H, H), bias_ih (3H), bias_hh (3H); state: h (H).
// Memory: saved are T·B·4H, the three gates after their activations and what r multiplies or makes; backward's
// workspace B·6H for a few steps.
#include <algorithm>

#include "unroll/kernels.h"
#include "unroll/layers.h"
#include "unroll/plugin.h"

namespace {

using namespace unroll;
using namespace unroll::layers;

template <class Real>
class Gru final : public Cell<Real> {
public:
    Gru(const CellSpec& spec, const Options& options)
        : H(spec.hidden), after_(options.text("reset") == "after"), together_(after_ ? 3 * H : 2 * H) {
        CellLayout& layout = this->layout_;
        input_ = {spec, 3 * H, layout.add({"weight_ih", {3 * H, spec.input}, Weight::Role::input, H})};
        weight_hh_ = layout.add({"weight_hh", {3 * H, H}, Weight::Role::recurrent, H});
        bias_ih_ = layout.add({"bias_ih", {3 * H}, Weight::Role::bias, H});
        bias_hh_ = layout.add({"bias_hh", {3 * H}, Weight::Role::bias, H});
        h_ = {layout.add_state("h", H), H, H};
        layout.output = H;
        layout.takes_tokens = true;
    }

    Size saved_size(Size T, Size B) const override { return Saved(*this, T, B).used(); }
    Size workspace_size(Size T, Size B) const override { return Workspace(*this, T, B).used(); }
    Size prepared_size() const override { return Prepared<Real>(*this).used(); }

    void prepare(const Real* weights, Real* to) const override {
        const Prepared<Real> prepared(*this, to);
        std::copy_n(weights + bias_ih_, 3 * H, prepared.bias);
        axpy(1, weights + bias_hh_, prepared.bias, after_ ? 2 * H : 3 * H);
        input_.prepare(weights, prepared.input, prepared.bias);
        const Matrix<const Real> together(weights + weight_hh_, together_, H);
        pack<Real>(together.transposed(), prepared.forward);
        pack<Real>(together, prepared.backward);
        if (after_) return;
        const Matrix<const Real> candidate(weights + weight_hh_ + 2 * H * H, H, H);
        pack<Real>(candidate.transposed(), prepared.candidate_forward);
        pack<Real>(candidate, prepared.candidate_backward);
    }

    void forward(const Forward<Real>& call) const override {
        const Prepared<const Real> prepared(*this, call.prepared);
        const Saved saved(*this, call.T, call.B, call.saved);
        input_.project_values(call, prepared.input, saved.gates);
        for (Size t = 0; t < call.T; ++t)
            after_ ? step_after(call, prepared, saved, t) : step_before(call, prepared, saved, t);
        h_.write_next(call, call.y);
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        const Size T = call.T, B = call.B;
        const Prepared<const Real> prepared(*this, call.prepared);
        const Saved saved(*this, T, B, call.saved);
        const Workspace work(*this, T, B, gradients.workspace);

        std::fill_n(work.dbias, 3 * H, Real{0});
        input_.begin_backward(call, gradients, work.input);
        for_each_chunk_backward(T, B, [&](Size first, Size last) {
            for (Size t = last; t-- > first;) {
                const Size row = (t - first) * B;
                after_ ? step_after_backward(call, gradients, saved, work, t, row)
                       : step_before_backward(call, gradients, prepared, saved, work, t, row);
                if (t > 0 || gradients.dstate)
                    gemm(work.hidden(*this, row, B), Packed<Real>{prepared.backward, together_, H},
                         Matrix<Real>(work.dh, B, H), Into::add);
            }
            input_.backward_steps(call, gradients, first, last - first, work.dgates, work.dbias, work.input);
            if (gradients.dweights) weight_gradients(call, gradients, saved, work, first, (last - first) * B);
        });
        h_.write_gradient(call, gradients, work.dh);
        input_.end_backward(call, gradients, work.dbias, work.input);
        if (!gradients.dweights) return;
        axpy(1, work.dbias, gradients.dweights + bias_ih_, 3 * H);
        if (!after_) axpy(1, work.dbias, gradients.dweights + bias_hh_, 3 * H);
    }

private:
    template <class Element>
    struct Prepared : Slices<Element> {
        Element* input;
        Element *forward, *backward;  ///< W_hh, transposed and as it is, packed; only the rows r, z where r comes first
        Element *candidate_forward, *candidate_backward;  ///< then, the rows n
        Element* bias;                                    ///< b_ih + b_hh, without b_hn where r multiplies it

        explicit Prepared(const Gru& cell, Element* base = nullptr)
            : Slices<Element>(base),
              input(this->take(cell.input_.prepared_size())),
              forward(this->take(packed_size(cell.H, cell.together_))),
              backward(this->take(packed_size(cell.together_, cell.H))),
              candidate_forward(this->take(cell.after_ ? 0 : packed_size(cell.H, cell.H))),
              candidate_backward(this->take(cell.after_ ? 0 : packed_size(cell.H, cell.H))),
              bias(this->take(3 * cell.H)) {}
    };

    struct Saved : Slices<Real> {
        Real* gates;  ///< (T, B, 3H), after their activations
        Real* reset;  ///< (T, B, H): after, W_hn h + b_hn; before, r h

        Saved(const Gru& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base), gates(this->take(T * B * 3 * cell.H)), reset(this->take(T * B * cell.H)) {}
    };

    struct Workspace : Slices<Real> {
        Real* dgates;   ///< (steps, B, 3H), the gradients of the gates' sums
        Real* dhidden;  ///< after: (steps, B, 3H), that of W_hh h; before: (B, H), that of r h at one step
        Real* dh;       ///< (B, H), on its way from step to step
        Real *dbias, *input;

        Workspace(const Gru& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base),
              dgates(this->take(chunk_steps(T, B) * B * 3 * cell.H)),
              dhidden(this->take(cell.after_ ? chunk_steps(T, B) * B * 3 * cell.H : B * cell.H)),
              dh(this->take(B * cell.H)),
              dbias(this->take(3 * cell.H)),
              input(this->take(cell.input_.workspace_size())) {}

        /// The gradient of what the rows packed together multiply h into.
        Matrix<const Real> hidden(const Gru& cell, Size first, Size rows) const {
            return {(cell.after_ ? dhidden : dgates) + first * 3 * cell.H, rows, cell.together_, 3 * cell.H};
        }
    };

    void weight_gradients(const Forward<Real>& call, const Backward<Real>& gradients, const Saved& saved,
                          const Workspace& work, Size first, Size rows) const {
        Real* dweight = gradients.dweights + weight_hh_;
        h_.add_weight_gradient<Real>(call, first, work.hidden(*this, 0, rows), call.y, {dweight, together_, H});
        if (after_) {
            add_bias_backward(work.dhidden, gradients.dweights + bias_hh_, rows, 3 * H);
        } else {
            gemm(Matrix<const Real>(work.dgates + 2 * H, rows, H, 3 * H).transposed(),
                 Matrix<const Real>(saved.reset + first * call.B * H, rows, H), Matrix<Real>(dweight + 2 * H * H, H, H),
                 Into::add);
        }
    }

    // ---- r after the product ------------------------------------------------------------------------------------

    void step_after(const Forward<Real>& call, const Prepared<const Real>& prepared, const Saved& saved, Size t) const {
        const Size B = call.B;
        Real* hidden = call.workspace;  // (B, 3H): W_hh h
        h_.multiply(call, call.y, t, Packed<Real>{prepared.forward, H, 3 * H}, hidden, Into::overwrite);
        gru_step<Real>({.time = time_step(call, t),
                        .n = H,
                        .hidden = hidden,
                        .bias = call.weights + bias_hh_ + 2 * H,
                        .projected = call.x.values != nullptr,
                        .added = input_.added(call, prepared.input, t),
                        .h_before = h_.before(call, call.y, t),
                        .gates = saved.gates + t * B * 3 * H,
                        .reset = saved.reset + t * B * H,
                        .h = call.y + t * B * H});
    }

    void step_after_backward(const Forward<Real>& call, const Backward<Real>& gradients, const Saved& saved,
                             const Workspace& work, Size t, Size first) const {
        const Size B = call.B;
        gru_step_backward<Real>({.time = time_step(call, t),
                                 .n = H,
                                 .gates = saved.gates + t * B * 3 * H,
                                 .reset = saved.reset + t * B * H,
                                 .h_before = h_.before(call, call.y, t),
                                 .dy = gradients.dy + t * B * H,
                                 .dh = h_.gradient(gradients, work.dh),
                                 .dinput = work.dgates + first * 3 * H,
                                 .dhidden = work.dhidden + first * 3 * H});
    }

    // ---- r before the product -----------------------------------------------------------------------------------

    void step_before(const Forward<Real>& call, const Prepared<const Real>& prepared, const Saved& saved,
                     Size t) const {
        const Size B = call.B;
        const Into into = call.x.values ? Into::add : Into::overwrite;
        const GruResetFirstStep<Real> step = {.time = time_step(call, t),
                                              .n = H,
                                              .added = input_.added(call, prepared.input, t),
                                              .h_before = h_.before(call, call.y, t),
                                              .gates = saved.gates + t * B * 3 * H,
                                              .reset = saved.reset + t * B * H,
                                              .h = call.y + t * B * H};
        if (step.h_before)
            gemm(step.h_before.matrix(B, H), Packed<Real>{prepared.forward, H, 2 * H},
                 Matrix<Real>(step.gates, B, 2 * H, 3 * H), into);
        else if (into == Into::overwrite)
            std::fill_n(step.gates, B * 3 * H, Real{0});
        gru_reset_first_gates(step);
        if (step.h_before)
            gemm(Matrix<const Real>(step.reset, B, H), Packed<Real>{prepared.candidate_forward, H, H},
                 Matrix<Real>(step.gates + 2 * H, B, H, 3 * H), into);
        gru_reset_first_candidate(step);
    }

    /// Leaves in dh what passes through z and, by way of r h, through W_hn.
    void step_before_backward(const Forward<Real>& call, const Backward<Real>& gradients,
                              const Prepared<const Real>& prepared, const Saved& saved, const Workspace& work, Size t,
                              Size first) const {
        const Size B = call.B;
        const GruResetFirstStepBackward<Real> step = {.time = time_step(call, t),
                                                      .n = H,
                                                      .gates = saved.gates + t * B * 3 * H,
                                                      .h_before = h_.before(call, call.y, t),
                                                      .dy = gradients.dy + t * B * H,
                                                      .dh = h_.gradient(gradients, work.dh),
                                                      .dreset = work.dhidden,
                                                      .dgates = work.dgates + first * 3 * H};
        gru_reset_first_candidate_backward(step);
        if (!step.h_before && !gradients.dstate) return;  // h was zeros: dr is 0 already
        // Only now is the gradient of r h known: it is W_hnᵀ dn.
        gemm(Matrix<const Real>(step.dgates + 2 * H, B, H, 3 * H), Packed<Real>{prepared.candidate_backward, H, H},
             Matrix<Real>(work.dhidden, B, H), Into::overwrite);
        gru_reset_first_gates_backward(step);
    }

    Size H;
    bool after_;
    Size together_;  ///< rows of W_hh that one product takes: 3H, or 2H where n's product needs r first
    InputProjection<Real> input_;
    Size weight_hh_, bias_ih_, bias_hh_;
    RecurrentState h_;
};

constexpr Option options[] = {
    Option::choice("reset", "\"after\"", "after|before",
                   "reset gate: applied after W_hn h, as in PyTorch, cuDNN and Keras 2, or to h before it"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::cell_plugin<Gru>("gru", 2, "gated recurrent unit", options);
