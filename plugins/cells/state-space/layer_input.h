// What goes into a state space layer: x where it is as wide as the layer, W_in x + b_in where it is not, as in rg-lru.
#pragma once

#include <algorithm>

#include "unroll/layers.h"

namespace unroll::state_space {

/// u (T, B, H) from x (T, B, D). Immutable; any number of threads may use it.
template <class Real>
class LayerInput {
public:
    LayerInput() = default;
    /// Adds weight_in and bias_in to the layout where D is not H; then x may come as tokens, too.
    LayerInput(CellLayout& layout, const CellSpec& spec) : H_(spec.hidden), projects_(spec.input != spec.hidden) {
        if (!projects_) return;
        projection_ = {spec, H_, layout.add({"weight_in", {H_, spec.input}, Weight::Role::input, spec.input})};
        bias_ = layout.add({"bias_in", {H_}, Weight::Role::bias, spec.input});
        layout.takes_tokens = true;
    }

    Size prepared_size() const { return projects_ ? projection_.prepared_size() : 0; }
    void prepare(const Real* weights, Real* to) const {
        if (projects_) projection_.prepare(weights, to, weights + bias_);
    }

    /// Elements of `saved`, where u is kept for backward.
    Size saved_size(Size T, Size B) const { return projects_ ? T * B * H_ : 0; }
    /// u, made anew; the call's own x where that is u.
    const Real* forward(const Forward<Real>& call, const Real* prepared, Real* saved) const {
        if (!projects_) return call.x.values;
        projection_.project(call, prepared, 0, call.T, saved);
        if (call.x.values) add_bias(call.weights + bias_, saved, call.T * call.B, H_);
        return saved;
    }
    /// The same u again.
    const Real* values(const Forward<Real>& call, const Real* saved) const { return projects_ ? saved : call.x.values; }

    Size workspace_size() const { return projects_ ? projection_.workspace_size() : 0; }
    /// Where du from row `first` on is to be written: into dx where u is x and dx is wanted, else into `scratch`.
    Real* gradient(const Backward<Real>& gradients, Real* scratch, Size first = 0) const {
        return !projects_ && gradients.dx ? gradients.dx + first * H_ : scratch;
    }
    /// From du, zeros at and after a sequence's length: dx and the gradients of the weights.
    void backward(const Forward<Real>& call, const Backward<Real>& gradients, const Real* du, Real* workspace) const {
        begin_backward(call, gradients, workspace);
        backward_steps(call, gradients, 0, call.T, du, workspace);
        end_backward(call, gradients, workspace);
    }
    /// The same for steps [first, first + steps) at a time, in any order: du (steps, B, H) is theirs.
    void begin_backward(const Forward<Real>& call, const Backward<Real>& gradients, Real* workspace) const {
        if (projects_) projection_.begin_backward(call, gradients, workspace);
    }
    void backward_steps(const Forward<Real>& call, const Backward<Real>& gradients, Size first, Size steps,
                        const Real* du, Real* workspace) const {
        if (projects_) projection_.backward_steps(call, gradients, first, steps, du, dbias(gradients), workspace);
    }
    void end_backward(const Forward<Real>& call, const Backward<Real>& gradients, Real* workspace) const {
        if (projects_) projection_.end_backward(call, gradients, dbias(gradients), workspace);
    }

private:
    Real* dbias(const Backward<Real>& gradients) const {
        return gradients.dweights ? gradients.dweights + bias_ : nullptr;
    }

    Size H_ = 0;
    bool projects_ = false;
    layers::InputProjection<Real> projection_;
    Size bias_ = 0;
};

/// A part of the state before the first step and after the last, and the gradients of both, as a scan takes them.
template <class Real>
struct ScanState {
    Size offset = 0, stride = 0;  ///< where it begins in a sequence's state, and all of that

    Rows<const Real> before(const Forward<Real>& call) const { return at<const Real>(call.state); }
    Rows<Real> after(const Forward<Real>& call) const { return at<Real>(call.next_state); }
    Rows<const Real> after_gradient(const Backward<Real>& gradients) const {
        return at<const Real>(gradients.dnext_state);
    }
    Rows<Real> before_gradient(const Backward<Real>& gradients) const { return at<Real>(gradients.dstate); }

private:
    template <class Element>
    Rows<Element> at(Element* state) const {
        return {state ? state + offset : nullptr, stride};
    }
};

}  // namespace unroll::state_space
