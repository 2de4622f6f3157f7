// Asking a sampler for the next token.
#pragma once

#include <stdexcept>

#include "unroll/sampler.h"

namespace unroll::sampling {

/// The model's output holds a number that is not finite: the model has diverged.
class NotFinite : public std::domain_error {
public:
    using std::domain_error::domain_error;
};

/// The sampler's choice. Throws NotFinite when it finds fault with logits that are not finite; what else it throws
/// comes through as an Error or as it is, and is the sampler's.
Token pick(const Sampler& sampler, const Choice& choice);

}  // namespace unroll::sampling
