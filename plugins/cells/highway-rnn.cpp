// Recurrent highway network (Zilly et al. 2017, arXiv 1607.03474), coupled gates: `depth` highway layers in each step.
//     for l = 1 … depth:  s = (1 - t_l) ∘ s + t_l ∘ h_l,  h_l = tanh(W_h x [l = 1] + R_h,l s + b),
//                         t_l = σ(W_t x [l = 1] + R_t,l s + b)
// The transform gates' bias starts at -2 for words and at -4 for characters in the paper.
// State: s (H). Kept for backward: about 6 · depth · H a step.
#include <string>

#include "unroll/equations.h"

namespace {

using namespace unroll;

void highway_rnn(Equations& e) {
    const Size H = e.hidden();
    const auto depth = static_cast<Size>(e.options().integer("depth"));
    const WeightMarks bias{.start = start::constant(e.options().number("transform_bias"))};
    auto x = e.input(), state = e.state("s", H), s = state;
    for (Size l = 0; l < depth; ++l) {
        const std::string number = std::to_string(l);
        auto h = tanh(l == 0 ? e.linear("h" + number, H, {x, s}) : e.linear("h" + number, H, {s}));
        auto t = sigmoid(l == 0 ? e.linear("t" + number, H, {x, s}, bias) : e.linear("t" + number, H, {s}, bias));
        s = (h - s) * t + s;
    }
    e.next(state, s);
    e.output(s);
}

constexpr Option options[] = {
    Option::integer("depth", "3", 1, 100, "highway layers in each step"),
    Option::number("transform_bias", "-2", -100, 100, "what the transform gates' biases start at"),
};

}  // namespace

constinit const Plugin unroll_plugin =
    equations_plugin<highway_rnn>("highway-rnn", 1, "recurrent highway network", options);
