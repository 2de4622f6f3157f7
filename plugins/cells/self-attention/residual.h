// A residual sub-layer: a branch beside the stream, with layer normalisation before the branch or after the sum.
//
//     pre:   out = in + drop(branch(norm(in)))
//     post:  out = norm(in + drop(branch(in)))
#pragma once

#include <optional>

#include "../common/pieces.h"
#include "dropping.h"
#include "unroll/cell.h"
#include "unroll/kernels.h"

namespace unroll::cells {

/// Layer normalisation with its gain and perhaps a bias.
template <class Real>
class Norm {
public:
    Norm() = default;
    Norm(CellLayout& layout, const std::string& name, Size width, bool bias) : width_(width) {
        gain_ = layout.add({name + ".weight", {width}, Weight::Role::gain, width});
        if (bias) bias_ = layout.add({name + ".bias", {width}, Weight::Role::bias, width});
    }

    void forward(const Real* weights, const Real* x, Real* y, Real* statistics, Size rows) const {
        layer_norm(x, weights + gain_, bias_ ? weights + *bias_ : nullptr, y, statistics, rows, width_);
    }

    void backward(const Real* weights, const Real* x, const Real* statistics, const Real* dy, Real* dx, Real* dweights,
                  Size rows) const {
        layer_norm_backward(x, weights + gain_, statistics, dy, dx, dweights ? dweights + gain_ : nullptr,
                            dweights && bias_ ? dweights + *bias_ : nullptr, rows, width_);
    }

private:
    Size width_ = 0, gain_ = 0;
    std::optional<Size> bias_;
};

template <class Real>
class Residual {
public:
    Residual() = default;
    Residual(Norm<Real> norm, bool pre, Size width) : norm_(norm), pre_(pre), width_(width) {}

    /// What backward needs: the normalised input (pre) or the sum (post), and each row's mean and deviation.
    struct Saved {
        Real* aside;       ///< (rows, H)
        Real* statistics;  ///< (rows, 2)
    };
    Saved take(Pieces<Real>& pieces, Size rows) const {
        Real* aside = pieces.take(rows * width_);
        return {aside, pieces.take(rows * 2)};
    }

    /// out (rows, H) from in (rows, H), not the same array. branch(input, output) overwrites its output.
    template <class Branch>
    void forward(const Real* weights, Size rows, const Real* in, Real* out, const Saved& saved,
                 const Dropping& dropping, Branch&& branch) const {
        const Size n = rows * width_;
        Real* sum = pre_ ? out : saved.aside;
        if (pre_) {
            norm_.forward(weights, in, saved.aside, saved.statistics, rows);
            branch(saved.aside, sum);
        } else {
            branch(in, sum);
        }
        if (dropping) dropping.apply(sum, sum, n);
        axpy(1, in, sum, n);
        if (!pre_) norm_.forward(weights, sum, out, saved.statistics, rows);
    }

    /// `d` (rows, H) goes from the gradient of out to that of in. `dout` and `din` are scratch of the same size.
    /// branch_backward(input, dout, din) overwrites din.
    template <class Branch>
    void backward(const Real* weights, Real* dweights, Size rows, const Real* in, const Saved& saved,
                  const Dropping& dropping, Real* d, Real* dout, Real* din, Branch&& branch_backward) const {
        const Size n = rows * width_;
        if (!pre_) norm_.backward(weights, saved.aside, saved.statistics, d, d, dweights, rows);
        if (dropping) dropping.apply(d, dout, n);
        branch_backward(pre_ ? saved.aside : in, dropping ? dout : d, din);
        if (pre_) norm_.backward(weights, in, saved.statistics, din, din, dweights, rows);
        axpy(1, din, d, n);
    }

private:
    Norm<Real> norm_;
    bool pre_ = true;
    Size width_ = 0;
};

}  // namespace unroll::cells
