// sLSTM (Beck et al. 2024, "xLSTM", arXiv 2405.04517, section 2.2): an LSTM with exponential gates, a normaliser, and
// recurrent matrices of each head's own.
//     (i, f, z, o) = W x + R h + b,  R block-diagonal by heads
//     m' = max(log σ(f) + m, i),  i' = exp(i - m'),  f' = exp(log σ(f) + m - m')
//     c' = f' ∘ c + i' ∘ tanh(z),  n' = f' ∘ n + i',  h' = σ(o) ∘ c' / n'
// Before the first step m is -∞, here -1e30. R starts at 0, and the forget gate's bias of unit j of a head of d at
// -(-5 + 12 (j / (d - 1))^(0.3 + 1.3 l / (L - 1))) in layer l of L, as in the paper's code.
// State: h, c, n, m (H each). Kept for backward: about 18 H a step.
#include <cmath>

#include "unroll/equations.h"

namespace {

using namespace unroll;

Size heads_of(const Options& options) {
    return static_cast<Size>(options.integer("heads"));
}

void s_lstm(Equations& e) {
    const Size H = e.hidden(), heads = heads_of(e.options()), width = H / heads;
    const CellSpec& spec = e.spec();
    const double depth = spec.layers > 1 ? double(spec.layer) / double(spec.layers - 1) : 0;
    const WeightMarks zeros{.start = start::constant(0)};
    const WeightMarks forget{.start = [=](Size j, RandomStream&) {
        const double place = width > 1 ? double(j % width) / double(width - 1) : 0;
        return 5 - 12 * std::pow(place, 0.3 + 1.3 * depth);
    }};
    auto x = e.input(), h = e.state("h", H), c = e.state("c", H), n = e.state("n", H);
    auto m = e.state("m", e.constant(H, -1e30));
    const auto gate = [&](const char* name, const WeightMarks& bias) {
        auto above = e.plus(e.product(std::string("weight_") + name, H, x), std::string("bias_") + name, bias);
        return above + e.block_product(std::string("recurrent_") + name, H, h, heads, zeros);
    };
    auto i = gate("i", zeros), f = gate("f", forget), z = gate("z", zeros), o = gate("o", zeros);
    auto kept = m - softplus(-f);
    auto most = maximum(kept, i);
    auto write = exp(i - most), keep = exp(kept - most);
    e.next(m, most);
    e.next(c, keep * c + write * tanh(z));
    e.next(n, keep * n + write);
    e.next(h, sigmoid(o) * e.next_of(c) / e.next_of(n));
    e.output(e.next_of(h));
}

constexpr Option options[] = {
    Option::integer("heads", "1", 1, 1024, "heads, each with recurrent matrices of its own; divides H"),
};

}  // namespace

constinit const Plugin unroll_plugin =
    equations_plugin<s_lstm>("s-lstm", 1, "sLSTM of xLSTM: exponential gates and a normaliser", options, heads_of);
