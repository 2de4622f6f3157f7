// The gated recurrent unit, as PyTorch has it (reset after the product), and as its first article has it (before):
//
//     r, z = sigmoid(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)      the rows of the weights in the order r, z, n
//     n    = tanh(W_in x_t + b_in + r (W_hn h_{t-1} + b_hn))     reset: after
//     n    = tanh(W_in x_t + b_in + W_hn (r h_{t-1}) + b_hn)     reset: before
//     h_t  = (1 - z) n + z h_{t-1}
//
// x (T, B, D), h = y (T, B, H); weight_ih (3H, D), weight_hh (3H, H), bias_ih (3H), bias_hh (3H); state: h (H).
// Memory: the tape holds T·B·4H, the three gates after their activations and what r multiplies or makes; backward's
// workspace T·B·4H.
#include <algorithm>
#include <utility>

#include "common/input_projection.h"
#include "common/pieces.h"
#include "common/recurrent.h"
#include "unroll/kernels.h"
#include "unroll/plugin.h"

namespace {

using namespace unroll;
using namespace unroll::cells;

template <class Real>
class Gru final : public Cell<Real> {
public:
    Gru(const CellSpec& spec, const Options& options) : H(spec.hidden), after_(options.text("reset") == "after") {
        CellLayout& layout = this->layout_;
        input_ = {spec, 3 * H, layout.add({"weight_ih", {3 * H, spec.input}, Weight::Role::input, H})};
        weight_hh_ = layout.add({"weight_hh", {3 * H, H}, Weight::Role::recurrent, H});
        bias_ih_ = layout.add({"bias_ih", {3 * H}, Weight::Role::bias, H});
        bias_hh_ = layout.add({"bias_hh", {3 * H}, Weight::Role::bias, H});
        h_ = {layout.add_state("h", H), H, H};
        layout.output = H;
        layout.takes_tokens = true;
    }

    Size tape_size(Size T, Size B) const override { return Tape(*this, T, B).used(); }
    Size workspace_size(Size T, Size B) const override { return Workspace(*this, T, B).used(); }
    Size prepared_size() const override { return Prepared<Real>(*this).used(); }

    void prepare(const Real* weights, Real* to) const override {
        const Prepared<Real> prepared(*this, to);
        const Matrix<const Real> gates(weights + weight_hh_, 2 * H, H),
            candidate(weights + weight_hh_ + 2 * H * H, H, H);
        input_.prepare(weights, prepared.input);
        pack<Real>(gates.transposed(), prepared.gates_forward);
        pack<Real>(candidate.transposed(), prepared.candidate_forward);
        pack<Real>(gates, prepared.gates_backward);
        pack<Real>(candidate, prepared.candidate_backward);
        std::copy_n(weights + bias_ih_, 3 * H, prepared.bias);
        axpy(1, weights + bias_hh_, prepared.bias, after_ ? 2 * H : 3 * H);
    }

    void forward(const Forward<Real>& call) const override {
        const auto [T, B] = std::pair(call.T, call.B);
        const Prepared<const Real> prepared(*this, call.prepared);
        const Tape tape(*this, T, B, call.tape);
        const Packed<Real> gate_weights{prepared.gates_forward, H, 2 * H},
            candidate_weights{prepared.candidate_forward, H, H};
        if (call.x.values) input_.project(call, prepared.input, 0, T, tape.gates);
        for (Size t = 0; t < T; ++t) {
            Real* gates = tape.gates + t * B * 3 * H;
            Real* reset = tape.reset + t * B * H;
            if (call.x.tokens) input_.project(call, prepared.input, t, 1, gates);
            const Rows<Real> before = h_.before(call, call.y, t);
            if (before) gemm(before.matrix(B, H), gate_weights, Matrix<Real>(gates, B, 2 * H, 3 * H), Into::add);

            // What r works on: after, W_hn h + b_hn; before, h itself, whose product comes last.
            if (after_) {
                if (before)
                    gemm(before.matrix(B, H), candidate_weights, Matrix<Real>(reset, B, H), Into::overwrite);
                else
                    std::fill_n(reset, B * H, Real{0});
                add_bias(call.weights + bias_hh_ + 2 * H, reset, B, H);
            }
            for_each_sequence(B, 3 * H, [&](Size b) {
                Real* r = gates + b * 3 * H;
                add_bias(prepared.bias, r, 1, 3 * H);
                sigmoid(r, r, 2 * H);
                if (after_)
                    multiply(r, reset + b * H, r + 2 * H, H, Into::add);
                else if (before)
                    multiply(r, before[b], reset + b * H, H, Into::overwrite);
                else
                    std::fill_n(reset + b * H, H, Real{0});
            });
            if (!after_ && before)
                gemm(Matrix<const Real>(reset, B, H), candidate_weights, Matrix<Real>(gates + 2 * H, B, H, 3 * H),
                     Into::add);

            for_each_sequence(B, 3 * H, [&](Size b) {
                const Real* z = gates + b * 3 * H + H;
                Real* n = gates + b * 3 * H + 2 * H;
                Real* h = call.y + (t * B + b) * H;
                if (!valid(call, t, b)) {
                    std::fill_n(h, H, Real{0});
                    return;
                }
                tanh(n, n, H);
                for (Size j = 0; j < H; ++j) h[j] = (1 - z[j]) * n[j];
                if (before) multiply(z, before[b], h, H, Into::add);
            });
        }
        h_.leave(call, call.y);
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        const auto [T, B] = std::pair(call.T, call.B);
        const Prepared<const Real> prepared(*this, call.prepared);
        const Tape tape(*this, T, B, call.tape);
        const Workspace work(*this, T, B, gradients.workspace);
        const Packed<Real> gate_weights{prepared.gates_backward, 2 * H, H},
            candidate_weights{prepared.candidate_backward, H, H};
        const Matrix<Real> dh(work.dh, B, H);

        h_.begin_backward(call, gradients, work.dh);
        for (Size t = T; t-- > 0;) {
            Real* dgates = work.dgates + t * B * 3 * H;
            Real* dreset = work.dreset + t * B * H;
            const Rows<Real> before = h_.before(call, call.y, t);
            for_each_sequence(B, 3 * H, [&](Size b) {
                const Size row = t * B + b;
                if (valid(call, t, b)) {
                    step_backward(tape.gates + row * 3 * H, before ? before[b] : nullptr, tape.reset + row * H,
                                  gradients.dy + row * H, work.dh + b * H, dgates + b * 3 * H, dreset + b * H);
                } else {
                    std::fill_n(dgates + b * 3 * H, 3 * H, Real{0});
                    std::fill_n(dreset + b * H, H, Real{0});
                }
            });
            const bool wanted = t > 0 || gradients.dstate;  // is what goes further back
            if (after_) {
                if (wanted) gemm(Matrix<const Real>(dreset, B, H), candidate_weights, dh, Into::add);
            } else if (wanted || before) {
                // Only now is the gradient of r h known: it is W_hnᵀ dn.
                gemm(Matrix<const Real>(dgates + 2 * H, B, H, 3 * H), candidate_weights, Matrix<Real>(dreset, B, H),
                     Into::overwrite);
                for_each_sequence(B, 3 * H, [&](Size b) {
                    if (!valid(call, t, b)) return;
                    const Real* r = tape.gates + (t * B + b) * 3 * H;
                    Real* dr = dgates + b * 3 * H;
                    multiply(dreset + b * H, r, work.dh + b * H, H, Into::add);
                    if (!before) return;  // h was zeros: dr is 0 already
                    multiply(dreset + b * H, before[b], dr, H, Into::overwrite);
                    sigmoid_backward(r, dr, dr, H);
                });
            }
            if (wanted) gemm(Matrix<const Real>(dgates, B, 2 * H, 3 * H), gate_weights, dh, Into::add);
        }
        h_.end_backward(call, gradients, work.dh);

        std::fill_n(work.dbias, 3 * H, Real{0});
        input_.backward(call, gradients, work.dgates, work.dbias, work.input);
        if (!gradients.dweights) return;
        Real* dweight_hh = gradients.dweights + weight_hh_;
        const Matrix<Real> dcandidate(dweight_hh + 2 * H * H, H, H);
        const Matrix<const Real> dn(work.dgates + 2 * H, T * B, H, 3 * H);
        h_.weight_gradient<Real>(call, {work.dgates, T * B, 2 * H, 3 * H}, call.y, {dweight_hh, 2 * H, H});
        axpy(1, work.dbias, gradients.dweights + bias_ih_, 3 * H);
        axpy(1, work.dbias, gradients.dweights + bias_hh_, after_ ? 2 * H : 3 * H);
        if (after_) {
            h_.weight_gradient<Real>(call, {work.dreset, T * B, H}, call.y, dcandidate);
            add_bias_backward(work.dreset, gradients.dweights + bias_hh_ + 2 * H, T * B, H);
        } else {
            gemm(dn.transposed(), Matrix<const Real>(tape.reset, T * B, H), dcandidate, Into::add);
        }
    }

private:
    /// One sequence's step back. `dh` holds the gradient from the step after and leaves with that for the step before,
    /// but for what passes through W_hh; `dgates` (3H) is that of the gates' sums, and `dreset` (H), when r comes after
    /// the product, that of W_hn h + b_hn. With r before it, dr is left at 0, which it is when h was zeros (no
    /// `before`).
    void step_backward(const Real* __restrict gates, const Real* __restrict before, const Real* __restrict reset,
                       const Real* __restrict dy, Real* __restrict dh, Real* __restrict dgates,
                       Real* __restrict dreset) const {
        const Real* r = gates;
        const Real* z = gates + H;
        const Real* n = gates + 2 * H;
        Real* dr = dgates;
        Real* dz = dgates + H;
        Real* dn = dgates + 2 * H;
        for (Size j = 0; j < H; ++j) {
            const Real d = dh[j] + dy[j], h = before ? before[j] : 0;
            dn[j] = d * (1 - z[j]) * (1 - n[j] * n[j]);
            dz[j] = d * (h - n[j]) * z[j] * (1 - z[j]);
            dh[j] = d * z[j];
        }
        if (after_)
            for (Size j = 0; j < H; ++j) {
                dreset[j] = dn[j] * r[j];
                dr[j] = dn[j] * reset[j] * r[j] * (1 - r[j]);
            }
        else
            std::fill_n(dr, H, Real{0});
    }

    template <class Element>
    struct Prepared : Pieces<Element> {
        Element* input;
        Element *gates_forward, *candidate_forward;    ///< the rows r, z and the rows n of W_hh, transposed and packed
        Element *gates_backward, *candidate_backward;  ///< and as they are, packed
        Element* bias;                                 ///< b_ih + b_hh, without b_hn where r multiplies it

        explicit Prepared(const Gru& cell, Element* base = nullptr)
            : Pieces<Element>(base),
              input(this->take(cell.input_.prepared_size())),
              gates_forward(this->take(packed_size(cell.H, 2 * cell.H))),
              candidate_forward(this->take(packed_size(cell.H, cell.H))),
              gates_backward(this->take(packed_size(2 * cell.H, cell.H))),
              candidate_backward(this->take(packed_size(cell.H, cell.H))),
              bias(this->take(3 * cell.H)) {}
    };

    struct Tape : Pieces<Real> {
        Real* gates;  ///< (T, B, 3H), after their activations
        Real* reset;  ///< (T, B, H): after, W_hn h + b_hn; before, r h

        Tape(const Gru& cell, Size T, Size B, Real* base = nullptr)
            : Pieces<Real>(base), gates(this->take(T * B * 3 * cell.H)), reset(this->take(T * B * cell.H)) {}
    };

    struct Workspace : Pieces<Real> {
        Real* dgates;  ///< (T, B, 3H), the gradients of the gates' sums
        Real* dreset;  ///< (T, B, H), that of the tape's `reset`
        Real* dh;      ///< (B, H), on its way from step to step
        Real *dbias, *input;

        Workspace(const Gru& cell, Size T, Size B, Real* base = nullptr)
            : Pieces<Real>(base),
              dgates(this->take(T * B * 3 * cell.H)),
              dreset(this->take(T * B * cell.H)),
              dh(this->take(B * cell.H)),
              dbias(this->take(3 * cell.H)),
              input(this->take(cell.input_.workspace_size())) {}
    };

    Size H;
    bool after_;
    InputProjection<Real> input_;
    Size weight_hh_, bias_ih_, bias_hh_;
    Part h_;
};

constexpr Option options[] = {
    choice("reset", "\"after\"", "after|before",
           "whether r is applied after W_hn h, as in PyTorch, cuDNN and Keras 2, or to h before it"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::cell_plugin<Gru>("gru", 1, "gated recurrent unit", options);
