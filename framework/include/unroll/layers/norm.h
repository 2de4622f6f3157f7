// Normalisation of rows with its weights: of the layer (Ba, Kiros and Hinton 2016), as torch.nn.LayerNorm, or by the
// root of the mean square (Zhang and Sennrich 2019), as torch.nn.RMSNorm.
#pragma once

#include <cmath>
#include <optional>
#include <string>

#include "unroll/cell.h"
#include "unroll/kernels/elementwise.h"
#include "unroll/kernels/rows.h"
#include "unroll/layers/linear.h"

namespace unroll::layers {

enum class NormKind {
    layer,  ///< (x - mean) / sqrt(variance + 1e-5)
    rms,    ///< x / sqrt(mean of x² + 1e-5)
};

/// Rows of `width` elements, normalised and scaled by a gain, and perhaps shifted by a bias. Immutable; any number of
/// threads may use it. `weights` and `dweights` are those of the whole cell.
template <class Real>
class Norm {
public:
    Norm() = default;
    /// Adds NAME.weight and, if there is one, NAME.bias to the layout. One by the mean square has no bias.
    Norm(CellLayout& layout, const std::string& name, Size width, Bias bias, NormKind kind = NormKind::layer)
        : kind_(kind), width_(width) {
        gain_ = layout.add({name + ".weight", {width}, Weight::Role::gain, width});
        if (bias == Bias::present && kind == NormKind::layer)
            bias_ = layout.add({name + ".bias", {width}, Weight::Role::bias, width});
    }

    /// y (rows, width), which may be x, is overwritten. `statistics` (rows, 2) is for backward.
    void forward(const Real* weights, const Real* x, Real* y, Real* statistics, Size rows) const {
        if (kind_ == NormKind::layer)
            layer_norm(x, weights + gain_, bias_ ? weights + *bias_ : nullptr, y, statistics, rows, width_);
        else
            rms_forward(weights + gain_, x, y, statistics, rows);
    }

    /// dx, which may be dy, is overwritten. `dweights` is added to; null: not wanted.
    void backward(const Real* weights, const Real* x, const Real* statistics, const Real* dy, Real* dx, Real* dweights,
                  Size rows) const {
        Real* dgain = dweights ? dweights + gain_ : nullptr;
        if (kind_ == NormKind::layer)
            layer_norm_backward(x, weights + gain_, statistics, dy, dx, dgain,
                                dweights && bias_ ? dweights + *bias_ : nullptr, rows, width_);
        else
            rms_backward(weights + gain_, x, statistics, dy, dx, dgain, rows);
    }

private:
    void rms_forward(const Real* gain, const Real* x, Real* y, Real* statistics, Size rows) const {
        for (Size row = 0; row < rows; ++row, x += width_, y += width_) {
            const auto scale =
                static_cast<Real>(1 / std::sqrt(sum_of_squares(x, width_) / static_cast<double>(width_) + 1e-5));
            statistics[2 * row] = 0;
            statistics[2 * row + 1] = scale;
            for (Size j = 0; j < width_; ++j) y[j] = x[j] * scale * gain[j];
        }
    }

    /// With r = 1/rms(x): dx = r g∘dy - x r³ (x · g∘dy) / width.
    void rms_backward(const Real* gain, const Real* x, const Real* statistics, const Real* dy, Real* dx, Real* dgain,
                      Size rows) const {
        for (Size row = 0; row < rows; ++row, x += width_, dy += width_, dx += width_) {
            const Real r = statistics[2 * row + 1];
            for (Size j = 0; dgain && j < width_; ++j) dgain[j] += dy[j] * x[j] * r;
            multiply(gain, dy, dx, width_, Into::overwrite);
            const Real along = r * r * r * dot(x, dx, width_) / static_cast<Real>(width_);
            for (Size j = 0; j < width_; ++j) dx[j] = r * dx[j] - along * x[j];
        }
    }

    NormKind kind_ = NormKind::layer;
    Size width_ = 0, gain_ = 0;
    std::optional<Size> bias_;
};

}  // namespace unroll::layers
