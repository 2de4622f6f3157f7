// A sampler: how the next token is picked from a model's logits.
//
// Threads. [any]: called on any thread, by several at once; no call may change anything that another one reads.
#pragma once

#include <memory>
#include <span>

#include "unroll/export.h"
#include "unroll/random.h"
#include "unroll/types.h"

namespace unroll {

/// One decision. Made by one thread at a time for each text; the sampler itself is shared by many threads.
struct Choice {
    std::span<const float> logits;   ///< (V); -infinity for a token that must not be picked
    double temperature = 1;          ///< softmax temperature, > 0; 1 for a sampler that does not use it
    std::span<const Token> history;  ///< the prompt and what was generated so far
    RandomStream& stream;            ///< this text's own; draw from no other
    std::span<double> scratch;       ///< (V) to write to, so that nothing has to be allocated
};

class UNROLL_EXPORT Sampler {
public:
    virtual ~Sampler() = default;
    /// [any] False when temperature means nothing to it: then it runs once, not once per temperature.
    virtual bool uses_temperature() const { return true; }
    /// [any] The token picked, in [0, V), never one whose logit is -infinity.
    virtual Token pick(const Choice& choice) const = 0;
};

/// probabilities (V) = softmax(logits / temperature), in double. Throws std::domain_error when a logit is NaN or
/// +infinity, or all are -infinity.
UNROLL_EXPORT void softmax(std::span<const float> logits, double temperature, std::span<double> probabilities);

/// Draws an index with probability proportional to its weight; never one whose weight is 0. Weights are >= 0; throws
/// std::domain_error unless their sum is above 0 and finite.
UNROLL_EXPORT Token draw(std::span<const double> weights, RandomStream& stream);

}  // namespace unroll
