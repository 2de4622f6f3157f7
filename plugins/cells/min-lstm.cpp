// minLSTM (Feng et al. 2024, "Were RNNs all we needed?", arXiv 2410.01201, sections 3.2 and B): an LSTM without output
// gate whose gates read the input alone and add up to 1.
//     f = σ(W_f x + b_f),  i = σ(W_i x + b_i),  h̃ = W_h x + b_h
//     h' = f / (f + i) ∘ h + i / (f + i) ∘ h̃
// f / (f + i) is taken as σ(log f - log i), so that gates which are both shut are no 0 / 0.
// The paper's log-space form keeps h positive: h̃ = g(W_h x + b_h), with g(u) = u + ½ for u ≥ 0 and σ(u) below.
// State: h (H). Kept for backward: about 6 H a step.
#include "unroll/equations.h"

namespace {

using namespace unroll;

void min_lstm(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input();
    auto h = e.state("h", H);
    auto f = e.linear("f", H, {x}, {.start = start::constant(e.options().number("forget_bias"))});
    auto i = e.linear("i", H, {x});
    auto candidate = e.linear("h", H, {x});
    if (e.options().text("form") == "log-space") candidate = relu(candidate) + sigmoid(minimum(candidate, 0));
    auto keep = sigmoid(softplus(-i) - softplus(-f));
    e.next(h, keep * h + (1 - keep) * candidate);
    e.output(e.next_of(h));
}

constexpr Option options[] = {
    Option::choice("form", "\"plain\"", "plain|log-space", "candidates of any sign, or positive ones as in log space"),
    Option::number("forget_bias", "1", -100, 100, "what the forget gate's bias starts at"),
};

}  // namespace

constinit const Plugin unroll_plugin =
    equations_plugin<min_lstm>("min-lstm", 2, "minLSTM, whose gates read the input alone", options);
