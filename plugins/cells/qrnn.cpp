// Quasi-recurrent network (Bradbury et al. 2016, arXiv 1611.01576), fo-pooling: gates are a causal convolution of the
// input.
//     (z, f, o) = W_0 x_t + W_1 x_{t-1} + b,  z = tanh, f = σ, o = σ
//     c' = f ∘ z + (1 - f) ∘ c,  h = o ∘ c'
// f multiplies the candidate, as in Salesforce's pytorch-qrnn. With window 1 there is no W_1.
// State: c (H), and x of the step before (D). Kept for backward: about 8 H a step.
#include "unroll/equations.h"

namespace {

using namespace unroll;

void qrnn(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input();
    auto c = e.state("c", H);
    auto gates = e.options().integer("window") == 2 ? e.linear("gates", 3 * H, {x, e.previous("x", x)})
                                                    : e.linear("gates", 3 * H, {x});
    auto z = tanh(slice(gates, 0, H)), f = sigmoid(slice(gates, H, H)), o = sigmoid(slice(gates, 2 * H, H));
    e.next(c, f * z + (1 - f) * c);
    e.output(o * e.next_of(c));
}

constexpr Option options[] = {
    Option::integer("window", "1", 1, 2, "steps of the input that the gates read"),
};

}  // namespace

constinit const Plugin unroll_plugin =
    equations_plugin<qrnn>("qrnn", 1, "quasi-recurrent network, fo-pooling", options);
