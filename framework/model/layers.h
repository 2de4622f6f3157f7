// Layers that the framework puts between cells. Each is a Cell, so that a stack is nothing but cells. Nothing can be
// differentiated by a token: the dx of a layer that turns tokens into rows, when it is wanted, is that of the rows.
#pragma once

#include "unroll/cell.h"
#include "unroll/layers/input_projection.h"

namespace unroll::model {

/// Tokens written out as one-hot rows: below a cell that does not take tokens.
template <class Real>
class OneHot final : public Cell<Real> {
public:
    explicit OneHot(Size vocabulary);
    Size saved_size(Size, Size) const override { return 0; }
    Size workspace_size(Size, Size) const override { return 0; }
    void forward(const Forward<Real>& call) const override;
    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override;
};

/// Tokens looked up in a table (V, E).
template <class Real>
class Embedding final : public Cell<Real> {
public:
    Embedding(Size vocabulary, Size width);
    Size saved_size(Size, Size) const override { return 0; }
    Size workspace_size(Size, Size) const override { return 0; }
    void forward(const Forward<Real>& call) const override;
    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override;

private:
    Size vocabulary_;
};

/// Rows of another width, or tokens, brought to the width of a block: x Wᵀ without a bias.
template <class Real>
class Projection final : public Cell<Real> {
public:
    /// `spec` has input and hidden, the two widths, and tokens.
    explicit Projection(const CellSpec& spec);
    Size saved_size(Size, Size) const override { return 0; }
    Size workspace_size(Size T, Size B) const override {
        return input_.workspace_size() + T * B * this->layout_.output;
    }
    Size prepared_size() const override { return input_.prepared_size(); }
    void prepare(const Real* weights, Real* to) const override { input_.prepare(weights, to); }
    void forward(const Forward<Real>& call) const override;
    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override;

private:
    layers::InputProjection<Real> input_;
};

/// Drops elements in training: above a cell that does not apply dropout itself (Zaremba et al. 2014: on what goes up,
/// the top layer's outputs included, never on what goes on in time).
template <class Real>
class Dropout final : public Cell<Real> {
public:
    Dropout(Size width, double probability);
    Size saved_size(Size, Size) const override { return 0; }
    Size workspace_size(Size, Size) const override { return 0; }
    void forward(const Forward<Real>& call) const override;
    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override;

private:
    double probability_;
};

}  // namespace unroll::model
