// Generator and discriminator, forward and back.
#include "model/adversarial.h"

#include <algorithm>

#include "unroll/kernels.h"

namespace unroll::model {

namespace {

/// One step of B sequences, whose weights begin with all weights.
template <class Real>
Forward<Real> one_step(Weights<Real> weights, Size B, const Real* x, Real* y, Real* saved, Real* workspace) {
    Forward<Real> call;
    call.T = 1;
    call.B = B;
    call.weights = weights.values;
    call.prepared = weights.prepared;
    call.x = {x, nullptr};
    call.y = y;
    call.saved = saved;
    call.workspace = workspace;
    return call;
}

}  // namespace

template <class Real>
AdversarialPass<Real>::AdversarialPass(const Model<Real>& model, Size B, Use use)
    : model_(model), numbers_(model.task().input_reals) {
    const Stack<Real>& generator = *model.upstream();
    const bool learns = use == Use::training;
    const Size both = learns ? 2 * B : B;  // a discriminator learns from real and generated images at once
    noise_ = Buffer<Real>(B * model.noise());
    images_ = Buffer<Real>(both * numbers_);
    generator_saved_ = Buffer<Real>(generator.saved_size(1, B));
    generator_workspace_ = Buffer<Real>(generator.workspace_size(1, B));
    if (!learns) return;
    dimages_ = Buffer<Real>(B * numbers_);
    y_ = Buffer<Real>(both * model.head().inputs);
    dy_ = Buffer<Real>(y_.size());
    logits_ = Buffer<Real>(both);
    saved_ = Buffer<Real>(model.predictor().saved_size(1, both));
    workspace_ = Buffer<Real>(model.predictor().workspace_size(1, both));
}

template <class Real>
const Real* AdversarialPass<Real>::generate(Weights<Real> weights, const NoiseBatch& generated) {
    RandomStream noise = generated.noise;
    std::generate_n(noise_.data(), generated.B * model_.noise(), [&] { return Real(noise.normal()); });
    generator_dropout_.reset();
    if (generated.dropout) generator_dropout_ = generated.dropout->split(0);
    generator_call_ = one_step(weights, generated.B, noise_.data(), images_.data(), generator_saved_.data(),
                               generator_workspace_.data());
    generator_call_.dropout = generator_dropout_ ? &*generator_dropout_ : nullptr;
    model_.upstream()->forward(generator_call_);
    return images_.data();
}

template <class Real>
void AdversarialPass<Real>::discriminate(Weights<Real> weights, Size B, const RandomStream* dropout) {
    dropout_.reset();
    if (dropout) dropout_ = dropout->split(1);
    call_ = one_step({weights.values, weights.prepared + model_.prepared_predictor()}, B,
                     static_cast<const Real*>(images_.data()), y_.data(), saved_.data(), workspace_.data());
    call_.dropout = dropout_ ? &*dropout_ : nullptr;
    model_.predictor().forward(call_);
    const Head& head = model_.head();
    gemm(Matrix<const Real>(y_.data(), B, head.inputs), model_.head_forward(weights.prepared),
         Matrix<Real>(logits_.data(), B, 1), Into::overwrite);
    add_bias(weights.values + head.bias, logits_.data(), B, 1);
}

template <class Real>
void AdversarialPass<Real>::discriminate_backward(Weights<Real> weights, Size B, Real* dweights, Real* dimages) {
    const Head& head = model_.head();
    if (dweights) {
        gemm(Matrix<const Real>(logits_.data(), B, 1).transposed(), Matrix<const Real>(y_.data(), B, head.inputs),
             Matrix<Real>(dweights + head.weight, 1, head.inputs), Into::add);
        add_bias_backward(logits_.data(), dweights + head.bias, B, 1);
    }
    gemm(Matrix<const Real>(logits_.data(), B, 1), model_.head_backward(weights.prepared),
         Matrix<Real>(dy_.data(), B, head.inputs), Into::overwrite);
    Backward<Real> gradients;
    gradients.dy = dy_.data();
    gradients.dx = dimages;
    gradients.dweights = dweights;
    gradients.workspace = workspace_.data();
    model_.predictor().backward(call_, gradients);
}

template <class Real>
LossSums AdversarialPass<Real>::discriminator_step(Weights<Real> weights, const Real* real, const NoiseBatch& generated,
                                                   Real* dweights) {
    const Size B = generated.B;
    generate(weights, generated);
    std::copy_n(real, B * numbers_, images_.data() + B * numbers_);
    discriminate(weights, 2 * B, generated.dropout);
    LossSums sums = binary_cross_entropy(logits_.data(), false, B, double(2 * B));
    sums += binary_cross_entropy(logits_.data() + B, true, B, double(2 * B));
    discriminate_backward(weights, 2 * B, dweights, nullptr);
    return sums;
}

template <class Real>
LossSums AdversarialPass<Real>::generator_step(Weights<Real> weights, const NoiseBatch& generated, Real* dweights) {
    const Size B = generated.B;
    generate(weights, generated);
    discriminate(weights, B, generated.dropout);
    const LossSums sums = binary_cross_entropy(logits_.data(), true, B, double(B));
    discriminate_backward(weights, B, nullptr, dimages_.data());
    Backward<Real> gradients;
    gradients.dy = dimages_.data();
    gradients.dweights = dweights;
    gradients.workspace = generator_workspace_.data();
    model_.upstream()->backward(generator_call_, gradients);
    return sums;
}

template class AdversarialPass<float>;
template class AdversarialPass<double>;

}  // namespace unroll::model
