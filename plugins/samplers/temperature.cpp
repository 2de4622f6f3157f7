// Temperature: any token, with probability softmax(logits / temperature).
#include "unroll/plugin.h"

namespace {

class Temperature final : public unroll::Sampler {
public:
    explicit Temperature(const unroll::Options&) {}

    unroll::Token pick(const unroll::Choice& choice) const override {
        unroll::softmax(choice.logits, choice.temperature, choice.scratch);
        return unroll::draw(choice.scratch, choice.stream);
    }
};

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::sampler_plugin<Temperature>("temperature", 2, "samples from softmax(logits / temperature)");
