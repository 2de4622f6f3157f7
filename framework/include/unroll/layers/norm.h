// Layer normalisation with its weights (Ba, Kiros and Hinton 2016), as torch.nn.LayerNorm.
#pragma once

#include <optional>
#include <string>

#include "unroll/cell.h"
#include "unroll/kernels/rows.h"
#include "unroll/layers/linear.h"

namespace unroll::layers {

/// Rows of `width` elements, normalised and scaled by a gain, and perhaps shifted by a bias. Immutable; any number of
/// threads may use it. `weights` and `dweights` are those of the whole cell.
template <class Real>
class Norm {
public:
    Norm() = default;
    /// Adds NAME.weight and, if there is one, NAME.bias to the layout.
    Norm(CellLayout& layout, const std::string& name, Size width, Bias bias) : width_(width) {
        gain_ = layout.add({name + ".weight", {width}, Weight::Role::gain, width});
        if (bias == Bias::present) bias_ = layout.add({name + ".bias", {width}, Weight::Role::bias, width});
    }

    /// y (rows, width), which may be x, is overwritten. `statistics` (rows, 2) is for backward.
    void forward(const Real* weights, const Real* x, Real* y, Real* statistics, Size rows) const {
        layer_norm(x, weights + gain_, bias_ ? weights + *bias_ : nullptr, y, statistics, rows, width_);
    }

    /// dx, which may be dy, is overwritten. `dweights` is added to; null: not wanted.
    void backward(const Real* weights, const Real* x, const Real* statistics, const Real* dy, Real* dx, Real* dweights,
                  Size rows) const {
        layer_norm_backward(x, weights + gain_, statistics, dy, dx, dweights ? dweights + gain_ : nullptr,
                            dweights && bias_ ? dweights + *bias_ : nullptr, rows, width_);
    }

private:
    Size width_ = 0, gain_ = 0;
    std::optional<Size> bias_;
};

}  // namespace unroll::layers
