// LSTM with peepholes (Gers, Schraudolph and Schmidhuber 2002; as in Graves 2013, arXiv 1308.0850): gates see the cell.
//     (i, f, g, o) = W x + R h + b
//     i = σ(i + p_i ∘ c),  f = σ(f + p_f ∘ c),  c' = f ∘ c + i ∘ tanh(g),  o = σ(o + p_o ∘ c'),  h' = o ∘ tanh(c')
// State: h, c (H each). Kept for backward: about 11 H a step.
#include <cmath>

#include "gate_bias.h"
#include "unroll/equations.h"

namespace {

using namespace unroll;

void peephole_lstm(Equations& e) {
    const Size H = e.hidden();
    const double bound = 1 / std::sqrt(static_cast<double>(H));
    const WeightMarks peephole{.start = start::uniform(-bound, bound)};
    auto x = e.input(), h = e.state("h", H), c = e.state("c", H);
    auto gates = e.linear("gates", 4 * H, {x, h}, {.start = gate_bias(H, e.options().number("forget_bias"))});
    auto i = sigmoid(slice(gates, 0, H) + e.times(c, "peephole_i", peephole));
    auto f = sigmoid(slice(gates, H, H) + e.times(c, "peephole_f", peephole));
    e.next(c, f * c + i * tanh(slice(gates, 2 * H, H)));
    auto o = sigmoid(slice(gates, 3 * H, H) + e.times(e.next_of(c), "peephole_o", peephole));
    e.next(h, o * tanh(e.next_of(c)));
    e.output(e.next_of(h));
}

constexpr Option options[] = {
    Option::number("forget_bias", "1", -100, 100, "what the forget gate's bias starts at"),
};

}  // namespace

constinit const Plugin unroll_plugin =
    equations_plugin<peephole_lstm>("peephole-lstm", 1, "LSTM whose gates see the cell", options);
