// The minimal gated unit of Zhou, Wu, Zhang and Zhou (2016): one gate f that both forgets and resets.
//     f = σ(W_f x + U_f h + b_f),  c = tanh(W_c x + U_c (f ∘ h) + b_c),  h' = (1 - f) ∘ h + f ∘ c
#include "unroll/equations.h"

namespace {

void minimal_gated(unroll::Equations& e) {
    auto x = e.input();
    auto h = e.state("h", e.hidden());
    auto f = sigmoid(e.linear("forget", e.hidden(), {x, h}));
    auto c = tanh(e.linear("candidate", e.hidden(), {x, f * h}));
    e.next(h, (1 - f) * h + f * c);
    e.output(e.next_of(h));
}

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::equations_plugin<minimal_gated>("minimal-gated", 1, "minimal gated unit, written as equations");
