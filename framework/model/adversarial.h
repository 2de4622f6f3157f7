// Two models against each other (Goodfellow et al. 2014): a generator makes images of noise, a discriminator tells them
// from real ones. Its logit is positive for what it takes for real; sigmoid(logit) is D.
#pragma once

#include "model/buffer.h"
#include "model/loss.h"
#include "model/model.h"

namespace unroll::model {

/// The memory for running an adversarial model. Belongs to one trial, used by one thread at a time. Allocates when made,
/// never after.
template <class Real>
class AdversarialPass {
public:
    /// For up to B images at once; `gradients` false saves what only learning needs.
    AdversarialPass(const Model<Real>& model, Size B, bool gradients);

    /// Images (B, numbers) of normal noise. Valid until the next call.
    const Real* generate(const Real* weights, const Real* prepared, Size B, RandomStream noise,
                         const RandomStream* dropout);

    /// -log D(real) - log(1 - D(generated)) over B real and B generated images. Adds the gradient of its mean over all 2 B
    /// to the discriminator's share of `dweights`. `correct` counts images that are told rightly.
    LossSums discriminate(const Real* weights, const Real* prepared, const Real* real, Size B, RandomStream noise,
                          const RandomStream* dropout, Real* dweights);

    /// -log D(generated), the form whose gradient does not vanish while the discriminator wins. Adds the gradient of its
    /// mean to the generator's share of `dweights`. `correct` counts images that are taken for real.
    LossSums deceive(const Real* weights, const Real* prepared, Size B, RandomStream noise, const RandomStream* dropout,
                     Real* dweights);

private:
    /// Fills logits_ (B) for images_ (B, numbers).
    void judge(const Real* weights, const Real* prepared, Size B, const RandomStream* dropout);
    /// From logits_, which hold their gradient now. `dweights` or `dimages` null: not wanted.
    void judge_backward(Size B, Real* dweights, Real* dimages);

    const Model<Real>& model_;
    Size numbers_;  ///< of an image
    Buffer<Real> noise_, images_, dimages_, y_, dy_, logits_;
    Buffer<Real> saved_, workspace_, front_saved_, front_workspace_;
    Forward<Real> call_, front_call_;
    std::optional<RandomStream> dropout_, front_dropout_;
};

}  // namespace unroll::model
