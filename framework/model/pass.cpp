// A pass: forward through stack, head and loss, and back.
#include "model/pass.h"

#include <algorithm>

namespace unroll::model {

template <class Real>
Pass<Real>::Pass(const Model<Real>& model, const std::vector<Extent>& extents, bool gradients) : model_(model) {
    const Stack<Real>& stack = model.stack();
    const Head& head = model.head();
    Size tape = 0, workspace = 0, rows = 0;
    for (const Extent& extent : extents) {
        tape = std::max(tape, stack.tape_size(extent.T, extent.B));
        workspace = std::max(workspace, stack.workspace_size(extent.T, extent.B));
        rows = std::max(rows, extent.T * extent.B);
    }
    tape_ = Buffer<Real>(tape);
    workspace_ = Buffer<Real>(workspace);
    y_ = Buffer<Real>(rows * head.inputs);
    compact_ = Buffer<Real>(rows * head.inputs);
    logits_ = Buffer<Real>(rows * head.outputs);
    if (gradients) dy_ = Buffer<Real>(rows * head.inputs);
    rows_.reserve(rows);
    each_.resize(rows);
    target_tokens_.reserve(rows);
    if (model.task().target_reals) target_reals_ = Buffer<Real>(rows * model.task().target_reals);
}

template <class Real>
void Pass<Real>::run(const Real* weights, const Real* prepared, Size T, Size B, Input<Real> x, const Size* lengths,
                     const Real* state, Real* next_state, const RandomStream* dropout) {
    call_ = {};
    call_.T = T;
    call_.B = B;
    call_.weights = weights;
    call_.prepared = prepared;
    call_.x = x;
    call_.lengths = lengths;
    call_.state = state;
    call_.next_state = next_state;
    call_.dropout = dropout;
    call_.y = y_.data();
    call_.tape = tape_.data();
    call_.workspace = workspace_.data();
    model_.stack().forward(call_);
}

template <class Real>
void Pass<Real>::select(const Batch<Real>& batch) {
    const Size all = batch.T * batch.B, width = model_.task().target_reals;
    rows_.clear();
    target_tokens_.clear();
    for (Size row = 0; row < all; ++row) {
        if (batch.weights[row] == 0) continue;
        if (width)
            std::copy_n(batch.target_reals.data() + row * width, width, target_reals_.data() + rows_.size() * width);
        else
            target_tokens_.push_back(batch.target_tokens[row]);
        rows_.push_back(row);
    }
    every_ = rows_.size() == all;
}

template <class Real>
LossSums Pass<Real>::forward(const Real* weights, const Real* prepared, const Batch<Real>& batch, const Real* state,
                             Real* next_state, const RandomStream* dropout, double* by_position) {
    const Input<Real> x =
        batch.tokens.empty() ? Input<Real>{batch.reals.data(), nullptr} : Input<Real>{nullptr, batch.tokens.data()};
    run(weights, prepared, batch.T, batch.B, x, batch.lengths.empty() ? nullptr : batch.lengths.data(), state,
        next_state, dropout);
    select(batch);

    const Head& head = model_.head();
    const Size N = rows_.size();
    const Real* top = y_.data();
    if (!every_) {
        for (Size n = 0; n < N; ++n)
            std::copy_n(y_.data() + rows_[n] * head.inputs, head.inputs, compact_.data() + n * head.inputs);
        top = compact_.data();
    }
    gemm(Matrix<const Real>(top, N, head.inputs), model_.head_forward(prepared),
         Matrix<Real>(logits_.data(), N, head.outputs), Into::overwrite);
    if (head.has_bias) add_bias(weights + head.bias, logits_.data(), N, head.outputs);
    const LossSums sums =
        model_.task().target_tokens
            ? cross_entropy(logits_.data(), target_tokens_.data(), N, head.outputs, double(N), each_.data())
            : squared_error(logits_.data(), target_reals_.data(), N, head.outputs, double(N), each_.data());
    if (by_position)
        for (Size n = 0; n < N; ++n) by_position[rows_[n] / batch.B] += each_[n];
    return sums;
}

template <class Real>
void Pass<Real>::backward(Real* dweights) {
    const Head& head = model_.head();
    const Size N = rows_.size(), all = call_.T * call_.B;
    Real* const dlogits = logits_.data();  // the loss left its gradient there
    const Real* top = every_ ? y_.data() : compact_.data();

    gemm(Matrix<const Real>(dlogits, N, head.outputs).transposed(), Matrix<const Real>(top, N, head.inputs),
         Matrix<Real>(dweights + head.weight, head.outputs, head.inputs), Into::add);
    if (head.has_bias) add_bias_backward(dlogits, dweights + head.bias, N, head.outputs);

    const Real* prepared = call_.prepared;
    if (every_) {
        gemm(Matrix<const Real>(dlogits, N, head.outputs), model_.head_backward(prepared),
             Matrix<Real>(dy_.data(), N, head.inputs), Into::overwrite);
    } else {
        gemm(Matrix<const Real>(dlogits, N, head.outputs), model_.head_backward(prepared),
             Matrix<Real>(compact_.data(), N, head.inputs), Into::overwrite);
        std::fill_n(dy_.data(), all * head.inputs, Real{0});
        for (Size n = 0; n < N; ++n)
            std::copy_n(compact_.data() + n * head.inputs, head.inputs, dy_.data() + rows_[n] * head.inputs);
    }
    Backward<Real> gradients;
    gradients.dy = dy_.data();
    gradients.dweights = dweights;
    gradients.workspace = workspace_.data();
    model_.stack().backward(call_, gradients);
}

template <class Real>
const Real* Pass<Real>::predict(const Real* weights, const Real* prepared, Size T, Size B, const Token* tokens,
                                const Real* state, Real* next_state) {
    run(weights, prepared, T, B, {nullptr, tokens}, nullptr, state, next_state, nullptr);
    const Head& head = model_.head();
    gemm(Matrix<const Real>(y_.data() + (T - 1) * B * head.inputs, B, head.inputs), model_.head_forward(prepared),
         Matrix<Real>(logits_.data(), B, head.outputs), Into::overwrite);
    if (head.has_bias) add_bias(weights + head.bias, logits_.data(), B, head.outputs);
    return logits_.data();
}

template class Pass<float>;
template class Pass<double>;

}  // namespace unroll::model
