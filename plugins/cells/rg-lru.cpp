// Real-gated linear recurrent unit (De et al. 2024, "Griffin", arXiv 2402.19427, section 2.4).
//     r = σ(W_a x + b_a),  i = σ(W_x x + b_x),  W block-diagonal by heads
//     log a = -8 r ∘ softplus(Λ),  h' = a ∘ h + √(1 - a²) ∘ (i ∘ x)
// At a sequence's first step the root is left out, as in the paper's code. x is the layer's input, or W_in x + b_in
// where D is not H. Λ starts so that exp(-softplus(Λ)) is in the ring from 0.9 to 0.999, W at N(0, heads / H).
// State: h (H), and a step counter. Kept for backward: about 8 H a step.
#include <cmath>

#include "unroll/equations.h"

namespace {

using namespace unroll;

Size heads_of(const Options& options) {
    return static_cast<Size>(options.integer("heads"));
}

void rg_lru(Equations& e) {
    const Size H = e.hidden(), heads = heads_of(e.options());
    const WeightMarks block{.start = start::normal(std::sqrt(double(heads) / double(H)))};
    const WeightMarks zeros{.start = start::constant(0)};
    auto x = e.input();
    if (x.width() != H) x = e.linear("in", H, {x});
    auto h = e.state("h", H);
    auto r = sigmoid(e.plus(e.block_product("weight_a", H, x, heads, block), "bias_a", zeros));
    auto i = sigmoid(e.plus(e.block_product("weight_x", H, x, heads, block), "bias_x", zeros));
    auto rate = softplus(
        e.weight("Lambda", {H}, Weight::Role::bias, {.start = start::softplus_ring(0.9, 0.999), .decays = false}));
    auto log_a = r * (rate * -8.0);
    auto first = repeat(maximum(1 - e.step(), 0), H);
    auto root = sqrt(1 - exp(2 * log_a));
    e.next(h, exp(log_a) * h + (root + first * (1 - root)) * (i * x));
    e.output(e.next_of(h));
}

constexpr Option options[] = {
    Option::integer("heads", "1", 1, 1024, "blocks of the gates' matrices; divides H"),
};

}  // namespace

constinit const Plugin unroll_plugin =
    equations_plugin<rg_lru>("rg-lru", 1, "real-gated linear recurrent unit of Griffin", options, heads_of);
