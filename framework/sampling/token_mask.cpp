// Masking tokens before a sampler picks.
#include "sampling/token_mask.h"

#include <limits>

namespace unroll::sampling {

TokenMask::TokenMask(std::unique_ptr<const Sampler> sampler, std::vector<Token> suppressed)
    : sampler_(std::move(sampler)), suppressed_(std::move(suppressed)) {}

Token TokenMask::pick(const Choice& choice) const {
    std::vector<float> logits(choice.logits.begin(), choice.logits.end());
    for (const Token token : suppressed_) logits[Size(token)] = -std::numeric_limits<float>::infinity();
    return sampler_->pick({logits, choice.temperature, choice.history, choice.stream, choice.scratch});
}

std::unique_ptr<const Sampler> suppress_tokens(std::unique_ptr<const Sampler> sampler, const Vocabulary& vocabulary) {
    std::vector<Token> suppressed;
    for (Token token = 0; Size(token) < vocabulary.size(); ++token)
        if (!vocabulary.can_generate(token)) suppressed.push_back(token);
    if (suppressed.empty()) return sampler;
    return std::make_unique<TokenMask>(std::move(sampler), std::move(suppressed));
}

}  // namespace unroll::sampling
