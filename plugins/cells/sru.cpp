// Simple recurrent unit (Lei et al. 2018, arXiv 1709.02755): products read the input alone, gates the state element by
// element, and the output is a highway past the state.
//     f = σ(W_f x + v_f ∘ c + b_f),  r = σ(W_r x + v_r ∘ c + b_r)
//     c' = f ∘ c + (1 - f) ∘ (W x),  h = r ∘ c' + (1 - r) ∘ α x̂
// x̂ is x, or W_p x where D is not H; α = √(1 + 2 exp(b_r at the start)) keeps its variance, or 1 without `rescale`.
// State: c (H). Kept for backward: about 7 H a step.
#include <cmath>

#include "unroll/equations.h"

namespace {

using namespace unroll;

void sru(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input();
    auto c = e.state("c", H);
    const double bound = std::sqrt(3.0 / static_cast<double>(x.width())), bias = e.options().number("highway_bias");
    const WeightMarks matrix{.start = start::uniform(-bound, bound)};
    const double reach = 1 / std::sqrt(static_cast<double>(H));
    const WeightMarks peephole{.start = start::uniform(-reach, reach)};
    auto candidate = e.product("weight", H, x, matrix);
    auto f = e.plus(e.product("weight_f", H, x, matrix), "bias_f", {.start = start::constant(0)});
    auto r = e.plus(e.product("weight_r", H, x, matrix), "bias_r", {.start = start::constant(bias)});
    auto highway = x.width() == H ? x : e.product("weight_p", H, x, matrix);
    if (e.options().boolean("rescale")) highway = highway * std::sqrt(1 + 2 * std::exp(bias));
    f = sigmoid(f + e.times(c, "v_f", peephole));
    r = sigmoid(r + e.times(c, "v_r", peephole));
    e.next(c, candidate + (c - candidate) * f);
    e.output(highway + (e.next_of(c) - highway) * r);
}

constexpr Option options[] = {
    Option::number("highway_bias", "0", -100, 100, "what the highway gate's bias starts at"),
    Option::boolean("rescale", "true", "scale what passes by the state so that its variance is kept at the start"),
};

}  // namespace

constinit const Plugin unroll_plugin = equations_plugin<sru>("sru", 1, "simple recurrent unit", options);
