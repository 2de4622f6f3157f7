// W x for the input of a layer, be it values or tokens, and its backward.
#pragma once

#include <algorithm>

#include "unroll/cell.h"
#include "unroll/kernels/matrix.h"
#include "unroll/kernels/recurrent.h"
#include "unroll/kernels/rows.h"
#include "unroll/layers/linear.h"
#include "unroll/layers/slices.h"

namespace unroll::layers {

/// x Wᵀ with W (G, D). Values are one product for all steps. A token's row of x is one-hot, so its product is a row of
/// Wᵀ: `prepare` writes Wᵀ out as a table, with a bias in each row if there is one, and tokens are looked up in it. A
/// cell whose input this is declares CellLayout::takes_tokens.
///
/// Immutable; any number of threads may use it.
template <class Real>
class InputProjection {
public:
    InputProjection() = default;
    /// `outputs` is G; `weight` is where W begins in all the weights.
    InputProjection(const CellSpec& spec, Size outputs, Size weight)
        : inputs_(spec.input),
          outputs_(outputs),
          weight_(weight),
          tokens_only_(spec.tokens),
          linear_(spec.input, outputs, weight) {}

    /// To be called from Cell::prepare. `bias` (G) may be null: zeros.
    Size prepared_size() const { return Prepared<Real>(*this).used(); }
    void prepare(const Real* weights, Real* to, const Real* bias = nullptr) const {
        const Prepared<Real> prepared(*this, to);
        transpose(weights + weight_, outputs_, inputs_, prepared.table, Into::overwrite);
        std::fill_n(prepared.bias, outputs_, Real{0});
        if (bias) {
            std::copy_n(bias, outputs_, prepared.bias);
            add_bias(bias, prepared.table, inputs_, outputs_);
        }
        if (!tokens_only_) linear_.prepare(weights, prepared.product);
    }

    /// Wᵀ, packed: what `prepare` made for values. Null where they never come.
    const Real* packed(const Real* prepared) const {
        return tokens_only_ ? nullptr : Prepared<const Real>(*this, prepared).product;
    }

    /// Steps [first, first + steps) into `projected` (steps, B, G), overwritten: x Wᵀ, and with tokens the bias.
    void project(const Forward<Real>& call, const Real* prepared, Size first, Size steps, Real* projected) const {
        const Prepared<const Real> own(*this, prepared);
        const Size rows = steps * call.B, start = first * call.B;
        if (call.x.tokens)
            gather_rows(own.table, call.x.tokens + start, projected, rows, outputs_, Into::overwrite);
        else
            linear_.forward(call.weights, own.product, call.x.values + start * inputs_, rows, projected);
    }

    /// For a recurrent step, which adds rows up itself, so that no pass only copies them: values are projected into
    /// `projected` (T, B, G), tokens are not. What then comes to the sums of step t is `added`: the bias, and with
    /// tokens x Wᵀ too.
    void project_values(const Forward<Real>& call, const Real* prepared, Real* projected) const {
        if (call.x.values) project(call, prepared, 0, call.T, projected);
    }
    Added<Real> added(const Forward<Real>& call, const Real* prepared, Size t) const {
        const Prepared<const Real> own(*this, prepared);
        if (!call.x.tokens) return {own.bias, nullptr};
        return {own.table, call.x.tokens + t * call.B};
    }

    /// Elements of the workspace that `backward` needs for tokens.
    Size workspace_size() const { return inputs_ * outputs_; }

    /// From dprojected (T, B, G), zeros at and after a sequence's length: dx, dW, and into `dbias` (G), added to, the
    /// sum over all rows (null: not wanted).
    void backward(const Forward<Real>& call, const Backward<Real>& gradients, const Real* dprojected, Real* dbias,
                  Real* workspace) const {
        begin_backward(call, gradients, workspace);
        backward_steps(call, gradients, 0, call.T, dprojected, dbias, workspace);
        end_backward(call, gradients, dbias, workspace);
    }

    /// The same for steps [first, first + steps) at a time, in any order: dprojected (steps, B, G) is theirs.
    void begin_backward(const Forward<Real>& call, const Backward<Real>& gradients, Real* workspace) const {
        if (call.x.tokens && gradients.dweights) std::fill_n(workspace, inputs_ * outputs_, Real{0});
    }
    void backward_steps(const Forward<Real>& call, const Backward<Real>& gradients, Size first, Size steps,
                        const Real* dprojected, Real* dbias, Real* workspace) const {
        const Size rows = steps * call.B, start = first * call.B;
        if (gradients.dx) linear_.backward_input(call.weights, dprojected, rows, gradients.dx + start * inputs_);
        if (!gradients.dweights) return;
        if (call.x.tokens) {
            gather_rows_backward(call.x.tokens + start, dprojected, workspace, rows, outputs_);
        } else {
            linear_.backward_weights(call.x.values + start * inputs_, dprojected, rows, gradients.dweights);
            if (dbias) add_bias_backward(dprojected, dbias, rows, outputs_);
        }
    }
    void end_backward(const Forward<Real>& call, const Backward<Real>& gradients, Real* dbias, Real* workspace) const {
        if (!call.x.tokens || !gradients.dweights) return;
        const Real* dtable = workspace;  // (D, G): far fewer rows than steps, so the bias is summed from them too
        transpose(dtable, inputs_, outputs_, gradients.dweights + weight_, Into::add);
        if (dbias) add_bias_backward(dtable, dbias, inputs_, outputs_);
    }

private:
    /// to (columns, rows) = or += fromᵀ, from (rows, columns). In squares, so that both sides stay in the cache.
    static void transpose(const Real* from, Size rows, Size columns, Real* to, Into into) {
        constexpr Size side = 16;
        for (Size i0 = 0; i0 < rows; i0 += side)
            for (Size j0 = 0; j0 < columns; j0 += side)
                for (Size j = j0; j < std::min(columns, j0 + side); ++j)
                    for (Size i = i0; i < std::min(rows, i0 + side); ++i) {
                        Real& target = to[j * rows + i];
                        target = from[i * columns + j] + (into == Into::add ? target : Real{0});
                    }
    }

    template <class Element>
    struct Prepared : Slices<Element> {
        Element *table, *bias;  ///< (D, G), (G)
        Element* product;       ///< Wᵀ for values, packed

        explicit Prepared(const InputProjection& input, Element* base = nullptr)
            : Slices<Element>(base),
              table(this->take(input.inputs_ * input.outputs_)),
              bias(this->take(input.outputs_)),
              product(this->take(input.tokens_only_ ? 0 : input.linear_.prepared_size())) {}
    };

    Size inputs_ = 0, outputs_ = 0, weight_ = 0;
    bool tokens_only_ = false;
    Linear<Real> linear_;
};

}  // namespace unroll::layers
