// A pass: forward through stack, head and loss, and back.
#include "model/pass.h"

#include <algorithm>

namespace unroll::model {

template <class Real>
Pass<Real>::Pass(const Model<Real>& model, const std::vector<Extent>& extents, bool gradients) : model_(model) {
    const Stack<Real>& stack = model.stack();
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
    logits_ = Buffer<Real>(rows * head.outputs);
    if (gradients) dy_ = Buffer<Real>(rows * head.inputs);
    rows_.reserve(rows);
    each_.resize(rows);
    correct_.resize(rows);
    wrong_.reserve(sequences);
    target_tokens_.reserve(rows);
    if (model.task().target_reals) target_reals_ = Buffer<Real>(rows * model.task().target_reals);
    if (!encodes()) return;

    const Stack<Real>& front = *model.front();
    Size front_saved = 0, front_workspace = 0, front_rows = 0;
    for (const Extent& extent : extents) {
        front_saved = std::max(front_saved, front.saved_size(extent.source, extent.B));
        front_workspace = std::max(front_workspace, front.workspace_size(extent.source, extent.B));
        front_rows = std::max(front_rows, extent.source * extent.B);
    }
    encoded_.saved = Buffer<Real>(front_saved);
    encoded_.workspace = Buffer<Real>(front_workspace);
    encoded_.y = Buffer<Real>(front_rows * front.output());
    if (gradients) encoded_.dy = Buffer<Real>(encoded_.y.size());
    if (bridges(trial::Bridge::state)) {
        encoded_.state = Buffer<Real>(front.state_size(sequences));
        if (gradients) encoded_.dstate = Buffer<Real>(encoded_.state.size());
    }
    if (bridges(trial::Bridge::repeat)) {
        encoded_.repeated = Buffer<Real>(rows * front.output());
        if (gradients) encoded_.drepeated = Buffer<Real>(encoded_.repeated.size());
    }
}

template <class Real>
void Pass<Real>::encode(const Real* weights, const Real* prepared, const Source<Real>& source, Size B,
                        const RandomStream* dropout) {
    constexpr std::uint64_t encoder = std::uint64_t{1} << 32;  // apart from the decoder's layers, which are numbered
    encoded_.dropout.reset();
    if (dropout) encoded_.dropout = dropout->split(encoder);
    Forward<Real>& call = encoded_.call;
    call = {};
    call.T = source.T;
    call.B = B;
    call.weights = weights;
    call.prepared = prepared;
    call.x =
        source.tokens.empty() ? Input<Real>{source.reals.data(), nullptr} : Input<Real>{nullptr, source.tokens.data()};
    call.lengths = source.lengths.empty() ? nullptr : source.lengths.data();
    call.next_state = bridges(trial::Bridge::state) ? encoded_.state.data() : nullptr;
    call.dropout = encoded_.dropout ? &*encoded_.dropout : nullptr;
    call.y = encoded_.y.data();
    call.saved = encoded_.saved.data();
    call.workspace = encoded_.workspace.data();
    model_.front()->forward(call);
}

/// The encoder's last outputs as the decoder's input at each of T steps.
template <class Real>
void Pass<Real>::repeat(Size T) {
    const Forward<Real>& call = encoded_.call;
    const Size width = model_.front()->output();
    for (Size b = 0; b < call.B; ++b) {
        const Size last = (call.lengths ? call.lengths[b] : call.T) - 1;
        for (Size t = 0; t < T; ++t)
            std::copy_n(encoded_.y.data() + (last * call.B + b) * width, width,
                        encoded_.repeated.data() + (t * call.B + b) * width);
    }
}

template <class Real>
void Pass<Real>::run(const Real* weights, const Real* prepared, Size T, Size B, Input<Real> x, const Size* lengths,
                     const Real* state, Real* next_state, const RandomStream* dropout) {
    call_ = {};
    call_.T = T;
    call_.B = B;
    call_.weights = weights;
    call_.prepared = prepared + model_.prepared_stack();
    call_.x = x;
    call_.lengths = lengths;
    call_.state = state;
    if (bridges(trial::Bridge::attention)) {
        call_.source = encoded_.y.data();
        call_.source_steps = encoded_.call.T;
        call_.source_lengths = encoded_.call.lengths;
    }
    call_.next_state = next_state;
    call_.dropout = dropout;
    call_.y = y_.data();
    call_.saved = saved_.data();
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
                             Real* next_state, const RandomStream* dropout, LossSums* by_position) {
    Input<Real> x =
        batch.tokens.empty() ? Input<Real>{batch.reals.data(), nullptr} : Input<Real>{nullptr, batch.tokens.data()};
    if (encodes()) {
        encode(weights, prepared, batch.source, batch.B, dropout);
        if (bridges(trial::Bridge::state)) state = encoded_.state.data();
        if (bridges(trial::Bridge::repeat)) {
            repeat(batch.T);
            x = {encoded_.repeated.data(), nullptr};
        }
    }
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
    write_logits(weights, prepared, top, N);
    LossSums sums = model_.task().target_tokens
                        ? cross_entropy(logits_.data(), target_tokens_.data(), N, head.outputs, double(N), each_.data(),
                                        correct_.data())
                        : squared_error(logits_.data(), target_reals_.data(), N, head.outputs, double(N), each_.data());
    if (model_.task().target_tokens) count_exact(sums, batch.B);
    if (by_position)
        for (Size n = 0; n < N; ++n) {
            LossSums& position = by_position[rows_[n] / batch.B];
            position.loss += each_[n];
            position.correct += model_.task().target_tokens && correct_[n];
            ++position.predictions;
        }
    return sums;
}

template <class Real>
const Real* Pass<Real>::write_logits(const Real* weights, const Real* prepared, const Real* top, Size rows) {
    const Head& head = model_.head();
    gemm(Matrix<const Real>(top, rows, head.inputs), model_.head_forward(prepared),
         Matrix<Real>(logits_.data(), rows, head.outputs), Into::overwrite);
    if (head.has_bias) add_bias(weights + head.bias, logits_.data(), rows, head.outputs);
    return logits_.data();
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
void Pass<Real>::backward(Real* dweights, Real* dx) {
    const Head& head = model_.head();
    const Size N = rows_.size(), all = call_.T * call_.B;
    Real* const dlogits = logits_.data();  // the loss left its gradient there
    const Real* top = every_ ? y_.data() : compact_.data();

    if (dweights) {
        gemm(Matrix<const Real>(dlogits, N, head.outputs).transposed(), Matrix<const Real>(top, N, head.inputs),
             Matrix<Real>(dweights + head.weight, head.outputs, head.inputs), Into::add);
        if (head.has_bias) add_bias_backward(dlogits, dweights + head.bias, N, head.outputs);
    }

    const Real* prepared = call_.prepared - model_.prepared_stack();
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
    gradients.dx = dx;
    gradients.workspace = workspace_.data();
    if (encodes()) {
        encoded_.dy.clear();
        if (bridges(trial::Bridge::state)) gradients.dstate = encoded_.dstate.data();
        if (bridges(trial::Bridge::repeat)) gradients.dx = encoded_.drepeated.data();
        if (bridges(trial::Bridge::attention)) gradients.dsource = encoded_.dy.data();
    }
    model_.stack().backward(call_, gradients);
    if (encodes()) encode_backward(dweights);
}

/// From what the decoder's backward left to the encoder's weights.
template <class Real>
void Pass<Real>::encode_backward(Real* dweights) {
    const Forward<Real>& call = encoded_.call;
    if (bridges(trial::Bridge::repeat)) {
        const Size width = model_.front()->output();
        for (Size b = 0; b < call.B; ++b) {
            const Size last = (call.lengths ? call.lengths[b] : call.T) - 1;
            for (Size t = 0; t < call_.T; ++t)
                axpy(1, encoded_.drepeated.data() + (t * call.B + b) * width,
                     encoded_.dy.data() + (last * call.B + b) * width, width);
        }
    }
    Backward<Real> gradients;
    gradients.dy = encoded_.dy.data();
    if (bridges(trial::Bridge::state)) gradients.dnext_state = encoded_.dstate.data();
    gradients.dweights = dweights;
    gradients.workspace = encoded_.workspace.data();
    model_.front()->backward(call, gradients);
}

template <class Real>
const Real* Pass<Real>::predict(const Real* weights, const Real* prepared, Size T, Size B, Input<Real> x,
                                const Real* state, Real* next_state) {
    run(weights, prepared, T, B, x, nullptr, state, next_state, nullptr);
    return write_logits(weights, prepared, y_.data() + (T - 1) * B * model_.head().inputs, B);
}

template <class Real>
const Real* Pass<Real>::encode(const Real* weights, const Real* prepared, const Source<Real>& source, Size B) {
    encode(weights, prepared, source, B, nullptr);
    return bridges(trial::Bridge::state) ? encoded_.state.data() : nullptr;
}

template <class Real>
const Real* Pass<Real>::predict_repeated(const Real* weights, const Real* prepared, Size T, Size B) {
    repeat(T);
    run(weights, prepared, T, B, {encoded_.repeated.data(), nullptr}, nullptr, nullptr, nullptr, nullptr);
    return write_logits(weights, prepared, y_.data(), T * B);
}

template class Pass<float>;
template class Pass<double>;

}  // namespace unroll::model
