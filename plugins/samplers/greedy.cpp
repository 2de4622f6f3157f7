// Greedy: always the most probable token.
#include <algorithm>

#include "unroll/plugin.h"

namespace {

class Greedy final : public unroll::Sampler {
public:
    explicit Greedy(const unroll::Options&) {}

    bool uses_temperature() const override { return false; }

    /// The largest logit; of equal ones, the lowest token.
    unroll::Token pick(const unroll::Choice& choice) const override {
        return static_cast<unroll::Token>(std::max_element(choice.logits.begin(), choice.logits.end()) -
                                          choice.logits.begin());
    }
};

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::sampler_plugin<Greedy>("greedy", 1, "always picks the most probable token");
