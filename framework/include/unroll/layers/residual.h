// A residual connection around a branch, with layer normalisation before the branch or after the sum.
//
//     pre:   out = in + dropout(branch(norm(in)))        Xiong et al. 2020
//     post:  out = norm(in + dropout(branch(in)))        Vaswani et al. 2017
#pragma once

#include "unroll/cell.h"
#include "unroll/kernels/elementwise.h"
#include "unroll/layers/dropout.h"
#include "unroll/layers/norm.h"
#include "unroll/layers/slices.h"

namespace unroll::layers {

enum class NormPlacement { pre, post };

/// Rows of `width` elements. Immutable; any number of threads may use it.
template <class Real>
class Residual {
public:
    Residual() = default;
    Residual(Norm<Real> norm, NormPlacement placement, Size width)
        : norm_(norm), pre_(placement == NormPlacement::pre), width_(width) {}

    /// What backward needs: the normalised input (pre) or the sum (post), and each row's mean and deviation.
    struct Saved {
        Real* aside;       ///< (rows, width)
        Real* statistics;  ///< (rows, 2)
    };
    Saved take(Slices<Real>& slices, Size rows) const {
        Real* aside = slices.take(rows * width_);
        return {aside, slices.take(rows * 2)};
    }

    /// out (rows, width) from in (rows, width), not the same array. branch(input, output) overwrites its output.
    template <class Branch>
    void forward(const Real* weights, Size rows, const Real* in, Real* out, const Saved& saved, const Dropout& dropout,
                 Branch&& branch) const {
        const Size n = rows * width_;
        Real* sum = pre_ ? out : saved.aside;
        if (pre_) {
            norm_.forward(weights, in, saved.aside, saved.statistics, rows);
            branch(saved.aside, sum);
        } else {
            branch(in, sum);
        }
        if (dropout) dropout.apply(sum, sum, n);
        axpy(1, in, sum, n);
        if (!pre_) norm_.forward(weights, sum, out, saved.statistics, rows);
    }

    /// `d` (rows, width) goes from the gradient of out to that of in. `dout` (only read with dropout) and `din` are
    /// scratch of the same size. branch_backward(input, dout, din) overwrites din.
    template <class Branch>
    void backward(const Real* weights, Real* dweights, Size rows, const Real* in, const Saved& saved,
                  const Dropout& dropout, Real* d, Real* dout, Real* din, Branch&& branch_backward) const {
        const Size n = rows * width_;
        if (!pre_) norm_.backward(weights, saved.aside, saved.statistics, d, d, dweights, rows);
        if (dropout) dropout.apply(d, dout, n);
        branch_backward(pre_ ? saved.aside : in, dropout ? dout : d, din);
        if (pre_) norm_.backward(weights, in, saved.statistics, din, din, dweights, rows);
        axpy(1, din, d, n);
    }

private:
    Norm<Real> norm_;
    bool pre_ = true;
    Size width_ = 0;
};

}  // namespace unroll::layers
