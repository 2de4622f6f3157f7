// A residual connection around a branch, with normalisation before the branch, after the sum, or nowhere.
//
//     pre:   out = in + dropout(branch(norm(in)))        Xiong et al. 2020
//     post:  out = norm(in + dropout(branch(in)))        Vaswani et al. 2017
//     none:  out = in + dropout(branch(in))
#pragma once

#include <algorithm>

#include "unroll/cell.h"
#include "unroll/kernels/elementwise.h"
#include "unroll/layers/dropout.h"
#include "unroll/layers/norm.h"
#include "unroll/layers/slices.h"

namespace unroll::layers {

enum class NormPlacement { none, pre, post };

/// Whether the branch's input is added to its output.
enum class Skip { absent, present };

/// Rows of `width` elements. Immutable; any number of threads may use it.
template <class Real>
class Residual {
public:
    Residual() = default;
    Residual(Norm<Real> norm, NormPlacement placement, Size width, Skip skip = Skip::present)
        : norm_(norm), placement_(placement), skips_(skip == Skip::present), width_(width) {}

    /// What backward needs: the normalised input (pre) or the sum (post), and each row's mean and deviation.
    struct Saved {
        Real* aside;       ///< (rows, width)
        Real* statistics;  ///< (rows, 2)
    };
    Saved take(Slices<Real>& slices, Size rows) const {
        if (placement_ == NormPlacement::none) return {};
        Real* aside = slices.take(rows * width_);
        return {aside, slices.take(rows * 2)};
    }

    /// out (rows, width) from in (rows, width), not the same array. branch(input, output) overwrites its output.
    template <class Branch>
    void forward(const Real* weights, Size rows, const Real* in, Real* out, const Saved& saved, const Dropout& dropout,
                 Branch&& branch) const {
        const Size n = rows * width_;
        Real* sum = post() ? saved.aside : out;
        if (pre()) norm_.forward(weights, in, saved.aside, saved.statistics, rows);
        branch(pre() ? saved.aside : in, sum);
        if (dropout) dropout.apply(sum, sum, n);
        if (skips_) axpy(1, in, sum, n);
        if (post()) norm_.forward(weights, sum, out, saved.statistics, rows);
    }

    /// `d` (rows, width) goes from the gradient of out to that of in. `dout` (only read with dropout) and `din` are
    /// scratch of the same size. branch_backward(input, dout, din) overwrites din.
    template <class Branch>
    void backward(const Real* weights, Real* dweights, Size rows, const Real* in, const Saved& saved,
                  const Dropout& dropout, Real* d, Real* dout, Real* din, Branch&& branch_backward) const {
        const Size n = rows * width_;
        if (post()) norm_.backward(weights, saved.aside, saved.statistics, d, d, dweights, rows);
        if (dropout) dropout.apply(d, dout, n);
        branch_backward(pre() ? saved.aside : in, dropout ? dout : d, din);
        if (pre()) norm_.backward(weights, in, saved.statistics, din, din, dweights, rows);
        if (skips_)
            axpy(1, din, d, n);
        else
            std::copy_n(din, n, d);
    }

private:
    bool pre() const { return placement_ == NormPlacement::pre; }
    bool post() const { return placement_ == NormPlacement::post; }

    Norm<Real> norm_;
    NormPlacement placement_ = NormPlacement::pre;
    bool skips_ = true;
    Size width_ = 0;
};

}  // namespace unroll::layers
