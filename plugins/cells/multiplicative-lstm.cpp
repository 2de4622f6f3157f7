// Multiplicative LSTM (Krause et al. 2016, arXiv 1609.07959): the input chooses the recurrent matrix.
//     m = (W_mx x) ∘ (W_mh h),  (i, f, g, o) = W x + R m + b
//     c' = σ(f) ∘ c + σ(i) ∘ tanh(g),  h' = σ(o) ∘ tanh(c')
// State: h, c (H each). Kept for backward: about 15 H a step.
#include "gate_bias.h"
#include "unroll/equations.h"

namespace {

using namespace unroll;

void multiplicative_lstm(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input(), h = e.state("h", H), c = e.state("c", H);
    auto above = e.product("weight_mx", H, x), past = e.product("weight_mh", H, h), m = above * past;
    auto gates = e.linear("gates", 4 * H, {x, m}, {.start = gate_bias(H, e.options().number("forget_bias"))});
    auto i = sigmoid(slice(gates, 0, H)), f = sigmoid(slice(gates, H, H)), g = tanh(slice(gates, 2 * H, H)),
         o = sigmoid(slice(gates, 3 * H, H));
    e.next(c, f * c + i * g);
    e.next(h, o * tanh(e.next_of(c)));
    e.output(e.next_of(h));
}

constexpr Option options[] = {
    Option::number("forget_bias", "1", -100, 100, "what the forget gate's bias starts at"),
};

}  // namespace

constinit const Plugin unroll_plugin = equations_plugin<multiplicative_lstm>(
    "multiplicative-lstm", 1, "LSTM whose input chooses the recurrent matrix", options);
