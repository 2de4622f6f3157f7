// minGRU (Feng et al. 2024, "Were RNNs all we needed?", arXiv 2410.01201, sections 3.1 and B): a gated unit whose gates
// read the input alone.
//     z = σ(W_z x + b_z),  h̃ = W_h x + b_h,  h' = (1 - z) ∘ h + z ∘ h̃
// The paper's log-space form keeps h positive: h̃ = g(W_h x + b_h), with g(u) = u + ½ for u ≥ 0 and σ(u) below.
// State: h (H). Kept for backward: about 4 H a step.
#include "unroll/equations.h"

namespace {

using namespace unroll;

void min_gru(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input();
    auto h = e.state("h", H);
    auto z = sigmoid(e.linear("z", H, {x}));
    auto candidate = e.linear("h", H, {x});
    if (e.options().text("form") == "log-space") candidate = relu(candidate) + sigmoid(minimum(candidate, 0));
    e.next(h, (1 - z) * h + z * candidate);
    e.output(e.next_of(h));
}

constexpr Option options[] = {
    Option::choice("form", "\"plain\"", "plain|log-space", "candidates of any sign, or positive ones as in log space"),
};

}  // namespace

constinit const Plugin unroll_plugin =
    equations_plugin<min_gru>("min-gru", 1, "minGRU, whose gates read the input alone", options);
