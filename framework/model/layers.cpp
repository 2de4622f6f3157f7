// Layers that the framework puts between cells: one-hot, embedding, projection, dropout.
#include "model/layers.h"

#include <algorithm>

#include "unroll/kernels.h"

namespace unroll::model {

namespace {

/// Zeros in the rows (t, b) of `x` (T, B, width) at and after each sequence's length.
template <class Real>
void clear_padding(const Size* lengths, Real* x, Size T, Size B, Size width) {
    if (!lengths) return;
    for (Size b = 0; b < B; ++b)
        for (Size t = lengths[b]; t < T; ++t) std::fill_n(x + (t * B + b) * width, width, Real{0});
}

/// The gradient of rows as the dx of the layer that made them.
template <class Real>
void pass_down(const Forward<Real>& call, const Backward<Real>& gradients, Size width) {
    if (!gradients.dx) return;
    std::copy_n(gradients.dy, call.T * call.B * width, gradients.dx);
    clear_padding(call.lengths, gradients.dx, call.T, call.B, width);
}

}  // namespace

template <class Real>
OneHot<Real>::OneHot(Size vocabulary) {
    this->layout_.output = vocabulary;
    this->layout_.takes_tokens = true;
}

template <class Real>
void OneHot<Real>::forward(const Forward<Real>& call) const {
    const Size width = this->layout_.output;
    std::fill_n(call.y, call.T * call.B * width, Real{0});
    for (Size row = 0; row < call.T * call.B; ++row) call.y[row * width + Size(call.x.tokens[row])] = Real{1};
    clear_padding(call.lengths, call.y, call.T, call.B, width);
}

template <class Real>
void OneHot<Real>::backward(const Forward<Real>& call, const Backward<Real>& gradients) const {
    pass_down(call, gradients, this->layout_.output);
}

template <class Real>
Embedding<Real>::Embedding(Size vocabulary, Size width) : vocabulary_(vocabulary) {
    this->layout_.add({"weight", {vocabulary, width}, Weight::Role::table, vocabulary});
    this->layout_.output = width;
    this->layout_.takes_tokens = true;
}

template <class Real>
void Embedding<Real>::forward(const Forward<Real>& call) const {
    const Size width = this->layout_.output;
    gather_rows(call.weights, call.x.tokens, call.y, call.T * call.B, width, Into::overwrite);
    clear_padding(call.lengths, call.y, call.T, call.B, width);
}

template <class Real>
void Embedding<Real>::backward(const Forward<Real>& call, const Backward<Real>& gradients) const {
    const Size width = this->layout_.output;
    pass_down(call, gradients, width);
    if (!gradients.dweights) return;
    if (!call.lengths) {
        gather_rows_backward(call.x.tokens, gradients.dy, gradients.dweights, call.T * call.B, width);
        return;
    }
    for (Size t = 0; t < call.T; ++t)
        for (Size b = 0; b < call.B; ++b)
            if (t < call.lengths[b]) {
                const Size row = t * call.B + b;
                gather_rows_backward(call.x.tokens + row, gradients.dy + row * width, gradients.dweights, 1, width);
            }
}

template <class Real>
Projection<Real>::Projection(const CellSpec& spec) {
    const Size weight = this->layout_.add({"weight", {spec.hidden, spec.input}, Weight::Role::input, spec.input});
    input_ = {spec, spec.hidden, weight};
    this->layout_.output = spec.hidden;
    this->layout_.takes_tokens = true;
}

template <class Real>
void Projection<Real>::forward(const Forward<Real>& call) const {
    input_.project(call, call.prepared, 0, call.T, call.y);
    clear_padding(call.lengths, call.y, call.T, call.B, this->layout_.output);
}

template <class Real>
void Projection<Real>::backward(const Forward<Real>& call, const Backward<Real>& gradients) const {
    const Size width = this->layout_.output;
    Real* const dy = gradients.workspace + input_.workspace_size();  // with zeros where there is padding
    std::copy_n(gradients.dy, call.T * call.B * width, dy);
    clear_padding(call.lengths, dy, call.T, call.B, width);
    input_.backward(call, gradients, dy, nullptr, gradients.workspace);
}

template <class Real>
Dropout<Real>::Dropout(Size width, double probability) : probability_(probability) {
    this->layout_.output = width;
    this->layout_.applies_dropout = true;
}

template <class Real>
void Dropout<Real>::forward(const Forward<Real>& call) const {
    const Size n = call.T * call.B * this->layout_.output;
    if (call.dropout)
        dropout(call.x.values, call.y, n, probability_, *call.dropout);
    else
        std::copy_n(call.x.values, n, call.y);
    clear_padding(call.lengths, call.y, call.T, call.B, this->layout_.output);
}

template <class Real>
void Dropout<Real>::backward(const Forward<Real>& call, const Backward<Real>& gradients) const {
    if (!gradients.dx) return;
    const Size n = call.T * call.B * this->layout_.output;
    if (call.dropout)
        dropout(gradients.dy, gradients.dx, n, probability_, *call.dropout);
    else
        std::copy_n(gradients.dy, n, gradients.dx);
    clear_padding(call.lengths, gradients.dx, call.T, call.B, this->layout_.output);
}

template class OneHot<float>;
template class OneHot<double>;
template class Embedding<float>;
template class Embedding<double>;
template class Projection<float>;
template class Projection<double>;
template class Dropout<float>;
template class Dropout<double>;

}  // namespace unroll::model
