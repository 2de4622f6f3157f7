// Tokens that are never to be generated, masked out of a sampler's choice.
#pragma once

#include <memory>
#include <vector>

#include "unroll/dataset.h"
#include "unroll/sampler.h"

namespace unroll::sampling {

/// A sampler that picks as another one does when some tokens have a logit of -infinity.
class TokenMask final : public Sampler {
public:
    TokenMask(std::unique_ptr<const Sampler> sampler, std::vector<Token> suppressed);

    bool uses_temperature() const override { return sampler_->uses_temperature(); }
    Token pick(const Choice& choice) const override;

private:
    std::unique_ptr<const Sampler> sampler_;
    std::vector<Token> suppressed_;
};

/// Suppresses the tokens that `vocabulary` cannot generate; the sampler itself when there are none.
std::unique_ptr<const Sampler> suppress_tokens(std::unique_ptr<const Sampler> sampler, const Vocabulary& vocabulary);

}  // namespace unroll::sampling
