// A weight matrix and perhaps a bias applied to many rows, y = x Wᵀ + b, and its backward, as torch.nn.Linear.
#pragma once

#include <optional>
#include <string>

#include "unroll/cell.h"
#include "unroll/kernels/matrix.h"
#include "unroll/kernels/rows.h"

namespace unroll::layers {

enum class Bias { absent, present };

/// The weights that a Linear declares.
struct LinearWeights {
    Size inputs = 0, outputs = 0;
    std::string weight, bias;                 ///< names
    Weight::Role role = Weight::Role::input;  ///< of the matrix
    Bias has_bias = Bias::present;
};

/// W is (outputs, inputs), as PyTorch keeps it; x is (rows, inputs) and y (rows, outputs), both contiguous and not the
/// same array. Immutable; any number of threads may use it. `weights` and `dweights` are those of the whole cell.
template <class Real>
class Linear {
public:
    Linear() = default;
    /// Over arrays that the layout has already: `weight` and `bias` are where they begin in all the weights.
    Linear(Size inputs, Size outputs, Size weight, std::optional<Size> bias = {})
        : inputs_(inputs), outputs_(outputs), weight_(weight), bias_(bias) {}
    /// Adds its arrays to the layout: the matrix, then the bias.
    Linear(CellLayout& layout, const LinearWeights& declared) : inputs_(declared.inputs), outputs_(declared.outputs) {
        weight_ = layout.add({declared.weight, {outputs_, inputs_}, declared.role, inputs_});
        if (declared.has_bias == Bias::present)
            bias_ = layout.add({declared.bias, {outputs_}, Weight::Role::bias, inputs_});
    }

    /// What `forward` wants made of the weights: Wᵀ packed. To be called from Cell::prepare.
    Size prepared_size() const { return packed_size(inputs_, outputs_); }
    void prepare(const Real* weights, Real* prepared) const { pack<Real>(matrix(weights).transposed(), prepared); }

    /// y is overwritten.
    void forward(const Real* weights, const Real* prepared, const Real* x, Size rows, Real* y) const {
        gemm(Matrix<const Real>(x, rows, inputs_), Packed<Real>{prepared, inputs_, outputs_},
             Matrix<Real>(y, rows, outputs_), Into::overwrite);
        if (bias_) add_bias(weights + *bias_, y, rows, outputs_);
    }

    /// dx = or += dy W.
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

}  // namespace unroll::layers
