// A weight matrix and perhaps a bias applied to many rows: y = x Wᵀ + b, and its backward.
#pragma once

#include <optional>

#include "unroll/cell.h"
#include "unroll/kernels.h"

namespace unroll::cells {

/// W is (outputs, inputs), as PyTorch keeps it; x is (rows, inputs) and y (rows, outputs), both contiguous.
template <class Real>
class Linear {
public:
    Linear() = default;
    /// `weight` and `bias` are where the arrays begin in all the weights.
    Linear(Size inputs, Size outputs, Size weight, std::optional<Size> bias = {})
        : inputs_(inputs), outputs_(outputs), weight_(weight), bias_(bias) {}

    /// What `forward` wants made of the weights: Wᵀ packed.
    Size prepared_size() const { return packed_size(inputs_, outputs_); }
    void prepare(const Real* weights, Real* prepared) const { pack<Real>(matrix(weights).transposed(), prepared); }

    void forward(const Real* weights, const Real* prepared, const Real* x, Size rows, Real* y) const {
        gemm(Matrix<const Real>(x, rows, inputs_), Packed<Real>{prepared, inputs_, outputs_},
             Matrix<Real>(y, rows, outputs_), Into::overwrite);
        if (bias_) add_bias(weights + *bias_, y, rows, outputs_);
    }

    void backward_input(const Real* weights, const Real* dy, Size rows, Real* dx, Into into = Into::overwrite) const {
        gemm(Matrix<const Real>(dy, rows, outputs_), matrix(weights), Matrix<Real>(dx, rows, inputs_), into);
    }

    /// dW += dyᵀ x, db += the sum of dy's rows. Nothing when `dweights` is null.
    void backward_weights(const Real* x, const Real* dy, Size rows, Real* dweights) const {
        if (!dweights) return;
        gemm(Matrix<const Real>(dy, rows, outputs_).transposed(), Matrix<const Real>(x, rows, inputs_),
             Matrix<Real>(dweights + weight_, outputs_, inputs_), Into::add);
        if (bias_) add_bias_backward(dy, dweights + *bias_, rows, outputs_);
    }

private:
    Matrix<const Real> matrix(const Real* weights) const { return {weights + weight_, outputs_, inputs_}; }

    Size inputs_ = 0, outputs_ = 0, weight_ = 0;
    std::optional<Size> bias_;
};

}  // namespace unroll::cells
