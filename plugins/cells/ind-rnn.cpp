// Independently recurrent network (Li et al. 2018, arXiv 1803.04831): each unit sees its own past alone.
//     h' = φ(W x + u ∘ h + b)
// u starts uniform between `recurrent_low` and `recurrent_high`: 0 and 1 in the paper, near 1 in the last layer for
// tasks that are answered at the last step.
// State: h (H). Kept for backward: about 3 H a step.
#include "unroll/equations.h"

namespace {

using namespace unroll;

void ind_rnn(Equations& e) {
    const Size H = e.hidden();
    const double low = e.options().number("recurrent_low"), high = e.options().number("recurrent_high");
    auto h = e.state("h", H);
    auto sum = e.linear("ih", H, {e.input()});
    sum = sum + e.times(h, "weight_hh", {.start = start::uniform(low, high), .decays = false});
    e.next(h, e.options().text("activation") == "relu" ? relu(sum) : tanh(sum));
    e.output(e.next_of(h));
}

constexpr Option options[] = {
    Option::choice("activation", "\"relu\"", "relu|tanh", "activation function of the hidden state"),
    Option::number("recurrent_low", "0", -10, 10, "the least that a recurrent weight starts at"),
    Option::number("recurrent_high", "1", -10, 10, "the most that a recurrent weight starts at"),
};

}  // namespace

constinit const Plugin unroll_plugin =
    equations_plugin<ind_rnn>("ind-rnn", 1, "independently recurrent network", options);
