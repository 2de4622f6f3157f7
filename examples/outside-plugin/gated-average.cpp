// A cell outside Unroll's tree: a moving average of what the input says, whose rate is a learned gate.
//     g = σ(W_g x + U_g h + b_g),  c = tanh(W_c x + b_c),  h' = (1 - g) ∘ h + g ∘ c
#include <unroll/equations.h>

namespace {

void gated_average(unroll::Equations& e) {
    auto x = e.input();
    auto h = e.state("h", e.hidden());
    auto gate = sigmoid(e.linear("gate", e.hidden(), {x, h}));
    auto candidate = tanh(e.linear("candidate", e.hidden(), {x}));
    e.next(h, (1 - gate) * h + gate * candidate);
    e.output(e.next_of(h));
}

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::equations_plugin<gated_average>("gated-average", 1, "a moving average with one learned gate");
