// Asking a sampler for the next token.
#include "sampling/pick.h"

#include <algorithm>
#include <cmath>

#include "unroll/error.h"

namespace unroll::sampling {

Token pick(const Sampler& sampler, const Choice& choice) {
    try {
        return sampler.pick(choice);
    } catch (const std::domain_error& error) {
        if (!std::all_of(choice.logits.begin(), choice.logits.end(), [](float logit) { return std::isfinite(logit); }))
            throw NotFinite(error.what());
        throw Error({"sampler", error.what(), "a sampler that chooses from finite logits", "choose another sampler"});
    }
}

}  // namespace unroll::sampling
