// A generative adversarial network (GAN; Goodfellow et al. 2014): a generator makes images of noise, a discriminator
// tells them from real ones. Its logit is positive for what it takes for real; sigmoid(logit) is D.
#pragma once

#include <optional>

#include "model/buffer.h"
#include "model/extent.h"
#include "model/loss.h"
#include "model/model.h"

namespace unroll::model {

/// B images to be generated.
struct NoiseBatch {
    Size B;
    RandomStream noise;
    const RandomStream* dropout = nullptr;  ///< null: nothing is dropped
};

/// The memory for running a GAN. Belongs to one trial, used by one thread at a time. Allocates when made, never after.
template <class Real>
class AdversarialPass {
public:
    /// For up to B images at once; with `inference` it only generates.
    AdversarialPass(const Model<Real>& model, Size B, Use use);

    /// Images (B, numbers) of normal noise. Valid until the next call.
    const Real* generate(Weights<Real> weights, const NoiseBatch& generated);

    /// The discriminator's loss, -log D(real) - log(1 - D(generated)), over B real images (B, numbers) and B generated
    /// ones. Adds the gradient of its mean over all 2 B to the discriminator's share of `dweights`. `correct` counts
    /// images that are classified rightly.
    LossSums discriminator_step(Weights<Real> weights, const Real* real, const NoiseBatch& generated, Real* dweights);

    /// The generator's loss, -log D(generated), the non-saturating form, whose gradient does not vanish while the
    /// discriminator wins. Adds the gradient of its mean to the generator's share of `dweights`. `correct` counts
    /// images that are taken for real.
    LossSums generator_step(Weights<Real> weights, const NoiseBatch& generated, Real* dweights);

private:
    /// Fills logits_ (B) for images_ (B, numbers).
    void discriminate(Weights<Real> weights, Size B, const RandomStream* dropout);
    /// From logits_, which hold their gradient now. `dweights` or `dimages` null: not wanted.
    void discriminate_backward(Weights<Real> weights, Size B, Real* dweights, Real* dimages);

    const Model<Real>& model_;
    Size numbers_;  ///< of an image
    Buffer<Real> noise_, images_, dimages_, y_, dy_, logits_;
    Buffer<Real> saved_, workspace_, generator_saved_, generator_workspace_;
    Forward<Real> call_, generator_call_;
    std::optional<RandomStream> dropout_, generator_dropout_;
};

}  // namespace unroll::model
