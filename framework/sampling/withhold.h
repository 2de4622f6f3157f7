// A sampler that is kept from tokens which are never to be generated.
#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "unroll/dataset.h"
#include "unroll/sampler.h"

namespace unroll::sampling {

class Withholding final : public Sampler {
public:
    Withholding(std::unique_ptr<const Sampler> sampler, std::vector<Token> tokens)
        : sampler_(std::move(sampler)), tokens_(std::move(tokens)) {}

    bool uses_temperature() const override { return sampler_->uses_temperature(); }

    /// What the sampler picks when these tokens have a logit of -infinity.
    Token pick(const Choice& choice) const override {
        std::vector<float> logits(choice.logits.begin(), choice.logits.end());
        for (const Token token : tokens_) logits[Size(token)] = -std::numeric_limits<float>::infinity();
        return sampler_->pick({logits, choice.temperature, choice.history, choice.stream, choice.scratch});
    }

private:
    std::unique_ptr<const Sampler> sampler_;
    std::vector<Token> tokens_;
};

/// The sampler, kept from what `vocabulary` does not generate; itself when that is nothing.
inline std::unique_ptr<const Sampler> withhold(std::unique_ptr<const Sampler> sampler, const Vocabulary& vocabulary) {
    std::vector<Token> tokens;
    for (Token token = 0; Size(token) < vocabulary.size(); ++token)
        if (!vocabulary.can_generate(token)) tokens.push_back(token);
    if (tokens.empty()) return sampler;
    return std::make_unique<Withholding>(std::move(sampler), std::move(tokens));
}

}  // namespace unroll::sampling
