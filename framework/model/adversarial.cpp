// Generator and discriminator, forward and back.
#include "model/adversarial.h"

#include <algorithm>

#include "unroll/kernels.h"

namespace unroll::model {

namespace {

/// One step of B sequences, whose weights begin with all weights.
template <class Real>
Forward<Real> one_step(const Real* weights, const Real* prepared, Size B, const Real* x, Real* y, Real* saved,
                       Real* workspace) {
    Forward<Real> call;
    call.T = 1;
    call.B = B;
    call.weights = weights;
    call.prepared = prepared;
    call.x = {x, nullptr};
    call.y = y;
    call.saved = saved;
    call.workspace = workspace;
    return call;
}

}  // namespace

template <class Real>
AdversarialPass<Real>::AdversarialPass(const Model<Real>& model, Size B, bool gradients)
    : model_(model), numbers_(model.task().input_reals) {
    const Stack<Real>& front = *model.front();
    const Size both = gradients ? 2 * B : B;  // a discriminator learns from real and generated images at once
    noise_ = Buffer<Real>(B * model.noise());
    images_ = Buffer<Real>(both * numbers_);
    front_saved_ = Buffer<Real>(front.saved_size(1, B));
    front_workspace_ = Buffer<Real>(front.workspace_size(1, B));
    if (!gradients) return;
    dimages_ = Buffer<Real>(B * numbers_);
    y_ = Buffer<Real>(both * model.head().inputs);
    dy_ = Buffer<Real>(y_.size());
    logits_ = Buffer<Real>(both);
    saved_ = Buffer<Real>(model.stack().saved_size(1, both));
    workspace_ = Buffer<Real>(model.stack().workspace_size(1, both));
}

template <class Real>
const Real* AdversarialPass<Real>::generate(const Real* weights, const Real* prepared, Size B, RandomStream noise,
                                            const RandomStream* dropout) {
    std::generate_n(noise_.data(), B * model_.noise(), [&] { return Real(noise.normal()); });
    front_dropout_.reset();
    if (dropout) front_dropout_ = dropout->split(0);
    front_call_ =
        one_step(weights, prepared, B, noise_.data(), images_.data(), front_saved_.data(), front_workspace_.data());
    front_call_.dropout = front_dropout_ ? &*front_dropout_ : nullptr;
    model_.front()->forward(front_call_);
    return images_.data();
}

template <class Real>
void AdversarialPass<Real>::judge(const Real* weights, const Real* prepared, Size B, const RandomStream* dropout) {
    dropout_.reset();
    if (dropout) dropout_ = dropout->split(1);
    call_ = one_step(weights, prepared + model_.prepared_stack(), B, static_cast<const Real*>(images_.data()),
                     y_.data(), saved_.data(), workspace_.data());
    call_.dropout = dropout_ ? &*dropout_ : nullptr;
    model_.stack().forward(call_);
    const Head& head = model_.head();
    gemm(Matrix<const Real>(y_.data(), B, head.inputs), model_.head_forward(prepared),
         Matrix<Real>(logits_.data(), B, 1), Into::overwrite);
    add_bias(weights + head.bias, logits_.data(), B, 1);
}

template <class Real>
void AdversarialPass<Real>::judge_backward(Size B, Real* dweights, Real* dimages) {
    const Head& head = model_.head();
    if (dweights) {
        gemm(Matrix<const Real>(logits_.data(), B, 1).transposed(), Matrix<const Real>(y_.data(), B, head.inputs),
             Matrix<Real>(dweights + head.weight, 1, head.inputs), Into::add);
        add_bias_backward(logits_.data(), dweights + head.bias, B, 1);
    }
    gemm(Matrix<const Real>(logits_.data(), B, 1), model_.head_backward(call_.prepared - model_.prepared_stack()),
         Matrix<Real>(dy_.data(), B, head.inputs), Into::overwrite);
    Backward<Real> gradients;
    gradients.dy = dy_.data();
    gradients.dx = dimages;
    gradients.dweights = dweights;
    gradients.workspace = workspace_.data();
    model_.stack().backward(call_, gradients);
}

template <class Real>
LossSums AdversarialPass<Real>::discriminate(const Real* weights, const Real* prepared, const Real* real, Size B,
                                             RandomStream noise, const RandomStream* dropout, Real* dweights) {
    generate(weights, prepared, B, noise, dropout);
    std::copy_n(real, B * numbers_, images_.data() + B * numbers_);
    judge(weights, prepared, 2 * B, dropout);
    LossSums sums = binary_cross_entropy(logits_.data(), false, B, double(2 * B));
    sums += binary_cross_entropy(logits_.data() + B, true, B, double(2 * B));
    judge_backward(2 * B, dweights, nullptr);
    return sums;
}

template <class Real>
LossSums AdversarialPass<Real>::deceive(const Real* weights, const Real* prepared, Size B, RandomStream noise,
                                        const RandomStream* dropout, Real* dweights) {
    generate(weights, prepared, B, noise, dropout);
    judge(weights, prepared, B, dropout);
    const LossSums sums = binary_cross_entropy(logits_.data(), true, B, double(B));
    judge_backward(B, nullptr, dimages_.data());
    Backward<Real> gradients;
    gradients.dy = dimages_.data();
    gradients.dweights = dweights;
    gradients.workspace = front_workspace_.data();
    model_.front()->backward(front_call_, gradients);
    return sums;
}

template class AdversarialPass<float>;
template class AdversarialPass<double>;

}  // namespace unroll::model
