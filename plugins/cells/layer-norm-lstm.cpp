// LSTM with layer normalisation (Ba, Kiros and Hinton 2016, arXiv 1607.06450, equations 20 to 22).
//     (i, f, g, o) = LN(W x; γ_x) + LN(R h; γ_h) + b
//     c' = σ(f) ∘ c + σ(i) ∘ tanh(g),  h' = σ(o) ∘ tanh(LN(c'; γ_c, β_c))
// LN is over all four gates together, as in the paper, or over each gate alone.
// State: h, c (H each). Kept for backward: about 20 H a step.
#include "gate_bias.h"
#include "unroll/equations.h"

namespace {

using namespace unroll;

void layer_norm_lstm(Equations& e) {
    const Size H = e.hidden(), groups = e.options().text("norm") == "joint" ? 1 : 4;
    auto x = e.input(), h = e.state("h", H), c = e.state("c", H);
    auto above = e.times(layer_norm(e.product("weight_ih", 4 * H, x), groups), "norm_ih");
    auto past = e.times(layer_norm(e.product("weight_hh", 4 * H, h), groups), "norm_hh");
    auto gates = e.plus(above, "bias", {.start = gate_bias(H, e.options().number("forget_bias"))}) + past;
    auto i = sigmoid(slice(gates, 0, H)), f = sigmoid(slice(gates, H, H)), g = tanh(slice(gates, 2 * H, H)),
         o = sigmoid(slice(gates, 3 * H, H));
    e.next(c, f * c + i * g);
    auto seen = e.plus(e.times(layer_norm(e.next_of(c)), "norm_c"), "norm_c_bias", {.start = start::constant(0)});
    e.next(h, o * tanh(seen));
    e.output(e.next_of(h));
}

constexpr Option options[] = {
    Option::choice("norm", "\"joint\"", "joint|gates", "normalise the four gates together, or each alone"),
    Option::number("forget_bias", "1", -100, 100, "what the forget gate's bias starts at"),
};

}  // namespace

constinit const Plugin unroll_plugin =
    equations_plugin<layer_norm_lstm>("layer-norm-lstm", 1, "LSTM with layer normalisation", options);
