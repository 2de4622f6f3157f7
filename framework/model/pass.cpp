// A pass: forward through stack, head and loss, and back.
#include "model/pass.h"

#include <algorithm>

#include "plugins/make.h"

namespace unroll::model {

template <class Real>
Pass<Real>::Pass(const Model<Real>& model, const std::vector<Extent>& extents, Use use) : model_(model) {
    const Stack<Real>& stack = model.predictor();
    const Head& head = model.head();
    Size saved = 0, workspace = 0, rows = 0, sequences = 0;
    for (const Extent& extent : extents) {
        saved = std::max(saved, stack.saved_size(extent.T, extent.B));
        workspace = std::max(workspace, stack.workspace_size(extent.T, extent.B));
        rows = std::max(rows, extent.T * extent.B);
        sequences = std::max(sequences, extent.B);
    }
    saved_ = Buffer<Real>(saved);
    workspace_ = Buffer<Real>(workspace);
    y_ = Buffer<Real>(rows * head.inputs);
    compact_ = Buffer<Real>(rows * head.inputs);
    logits_ = Buffer<Real>(plugins::elements("model", rows, head.outputs));
    if (use == Use::training) dy_ = Buffer<Real>(rows * head.inputs);
    rows_.reserve(rows);
    each_.resize(rows);
    correct_.resize(rows);
    wrong_.reserve(sequences);
    target_tokens_.reserve(rows);
    if (model.task().target_reals)
        target_reals_ = Buffer<Real>(plugins::elements("model", rows, model.task().target_reals));
    if (model.topology().separate_target) encoder_.emplace(model, extents, use);
}

template <class Real>
void Pass<Real>::run(Weights<Real> weights, const Sequence<Real>& sequence) {
    weights_ = weights;
    call_ = {};
    call_.T = sequence.T;
    call_.B = sequence.B;
    call_.weights = weights.values;
    call_.prepared = weights.prepared + model_.prepared_predictor();
    call_.x = sequence.x;
    call_.lengths = sequence.lengths;
    call_.state = sequence.state;
    call_.next_state = sequence.next_state;
    call_.dropout = sequence.dropout;
    call_.y = y_.data();
    call_.saved = saved_.data();
    call_.workspace = workspace_.data();
    if (encoder_) encoder_->connect(call_);
    model_.predictor().forward(call_);
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
const Real* Pass<Real>::selected_outputs() {
    if (every_) return y_.data();
    const Size width = model_.head().inputs;
    for (Size n = 0; n < rows_.size(); ++n)
        std::copy_n(y_.data() + rows_[n] * width, width, compact_.data() + n * width);
    return compact_.data();
}

template <class Real>
LossSums Pass<Real>::forward(Weights<Real> weights, const Batch<Real>& batch, const Options& options) {
    if (encoder_) encoder_->forward(weights, batch.source, batch.B, options.dropout);
    run(weights, {.T = batch.T,
                  .B = batch.B,
                  .x = batch.tokens.empty() ? Input<Real>{batch.reals.data(), nullptr}
                                            : Input<Real>{nullptr, batch.tokens.data()},
                  .lengths = batch.lengths.empty() ? nullptr : batch.lengths.data(),
                  .state = options.state,
                  .next_state = options.next_state,
                  .dropout = options.dropout});
    select(batch);
    const Size N = rows_.size();
    write_logits(weights, selected_outputs(), N);
    LossSums sums = write_losses();
    const bool tokens = model_.task().target_tokens > 0;
    if (tokens) count_exact(sums, batch.B);
    if (options.by_position)
        for (Size n = 0; n < N; ++n) {
            LossSums& position = options.by_position[rows_[n] / batch.B];
            position.loss += each_[n];
            position.correct += tokens && correct_[n];
            ++position.predictions;
        }
    return sums;
}

template <class Real>
const Real* Pass<Real>::write_logits(Weights<Real> weights, const Real* top, Size rows) {
    const Head& head = model_.head();
    gemm(Matrix<const Real>(top, rows, head.inputs), model_.head_forward(weights.prepared),
         Matrix<Real>(logits_.data(), rows, head.outputs), Into::overwrite);
    if (head.has_bias) add_bias(weights.values + head.bias, logits_.data(), rows, head.outputs);
    return logits_.data();
}

template <class Real>
LossSums Pass<Real>::write_losses() {
    const Size N = rows_.size(), outputs = model_.head().outputs;
    return model_.task().target_tokens
               ? cross_entropy(logits_.data(), target_tokens_.data(), N, outputs, double(N), each_.data(),
                               correct_.data())
               : squared_error(logits_.data(), target_reals_.data(), N, outputs, double(N), each_.data());
}

template <class Real>
void Pass<Real>::count_exact(LossSums& sums, Size B) {
    constexpr std::uint8_t unpredicted = 2;
    wrong_.assign(B, unpredicted);
    for (Size n = 0; n < rows_.size(); ++n) {
        std::uint8_t& wrong = wrong_[rows_[n] % B];
        wrong = wrong == 1 || !correct_[n];
    }
    for (const std::uint8_t wrong : wrong_) {
        sums.sequences += wrong != unpredicted;
        sums.exact += wrong == 0;
    }
}

template <class Real>
void Pass<Real>::head_backward() {
    const Head& head = model_.head();
    const Size N = rows_.size(), all = call_.T * call_.B;
    Real* const dtop = every_ ? dy_.data() : compact_.data();
    gemm(Matrix<const Real>(logits_.data(), N, head.outputs), model_.head_backward(weights_.prepared),
         Matrix<Real>(dtop, N, head.inputs), Into::overwrite);
    if (every_) return;
    std::fill_n(dy_.data(), all * head.inputs, Real{0});
    for (Size n = 0; n < N; ++n)
        std::copy_n(compact_.data() + n * head.inputs, head.inputs, dy_.data() + rows_[n] * head.inputs);
}

template <class Real>
void Pass<Real>::backward(Real* dweights, Real* dx) {
    const Head& head = model_.head();
    const Size N = rows_.size();
    const Real* const dlogits = logits_.data();  // the loss left its gradient there
    const Real* const top = every_ ? y_.data() : compact_.data();
    if (dweights) {
        gemm(Matrix<const Real>(dlogits, N, head.outputs).transposed(), Matrix<const Real>(top, N, head.inputs),
             Matrix<Real>(dweights + head.weight, head.outputs, head.inputs), Into::add);
        if (head.has_bias) add_bias_backward(dlogits, dweights + head.bias, N, head.outputs);
    }
    head_backward();

    Backward<Real> gradients;
    gradients.dy = dy_.data();
    gradients.dweights = dweights;
    gradients.dx = dx;
    gradients.workspace = workspace_.data();
    if (encoder_) encoder_->connect(gradients);
    model_.predictor().backward(call_, gradients);
    if (encoder_) encoder_->backward(dweights);
}

template <class Real>
void Pass<Real>::encode(Weights<Real> weights, const Source<Real>& source, Size B) {
    encoder_->forward(weights, source, B, nullptr);
}

template <class Real>
const Real* Pass<Real>::predict_last(Weights<Real> weights, const Sequence<Real>& sequence) {
    run(weights, sequence);
    return write_logits(weights, y_.data() + (sequence.T - 1) * sequence.B * model_.head().inputs, sequence.B);
}

template <class Real>
const Real* Pass<Real>::predict_every(Weights<Real> weights, const Sequence<Real>& sequence) {
    run(weights, sequence);
    return write_logits(weights, y_.data(), sequence.T * sequence.B);
}

template class Pass<float>;
template class Pass<double>;

}  // namespace unroll::model
