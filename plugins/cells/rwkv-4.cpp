// RWKV-4's time mixing (Peng et al. 2023, arXiv 2305.13048, section 3): attention as two decaying sums.
//     r = σ(W_r (μ_r ∘ x + (1 - μ_r) ∘ x₋)),  k and v likewise, without σ;  x₋ is x of the step before
//     wkv = (a + exp(u + k) v) / (b + exp(u + k)),  a' = exp(-exp(w)) a + exp(k) v,  b' = exp(-exp(w)) b + exp(k)
//     y = W_o (r ∘ wkv)
// a and b are kept divided by exp(p), p the greatest exponent so far; before the first step p is -1e30.
// Starts are those of the paper's code: they depend on the unit and on the layer.
// State: x (D), a, b, p (H each). Kept for backward: about 3 D + 14 H a step.
#include <cmath>

#include "unroll/equations.h"

namespace {

using namespace unroll;

/// μ_j = (j / n)^power + shift.
WeightMarks mix(Size n, double power, double shift) {
    return {.start = [=](Size j, RandomStream&) { return std::pow(double(j) / double(n), power) + shift; },
            .decays = false};
}

void rwkv_4(Equations& e) {
    const Size H = e.hidden(), D = e.spec().input;
    const double layer = double(e.spec().layer), layers = double(e.spec().layers);
    const double up = layers > 1 ? layer / (layers - 1) : 0, down = 1 - layer / layers;
    auto x = e.input(), before = e.previous("x", x);
    auto a = e.state("a", H), b = e.state("b", H), p = e.state("p", e.constant(H, -1e30));

    const auto mixed = [&](const char* name, const WeightMarks& marks) {
        return before + e.times(x - before, std::string("time_mix_") + name, marks);
    };
    auto r = sigmoid(e.product("receptance", H, mixed("r", mix(D, 0.5 * down, 0)), {.start = start::constant(0)}));
    auto k = e.product("key", H, mixed("k", mix(D, down, 0)), {.start = start::constant(0)});
    auto v = e.product("value", H, mixed("v", mix(D, down, 0.3 * up)));
    auto decay = exp(e.weight("time_decay", {H}, Weight::Role::bias,
                              {.start =
                                   [=](Size j, RandomStream&) {
                                       const double place = H > 1 ? double(j) / double(H - 1) : 0;
                                       return -5 + 8 * std::pow(place, 0.7 + 1.3 * up);
                                   },
                               .decays = false}));
    auto now = e.plus(k, "time_first",
                      {.start = [](Size j, RandomStream&) { return std::log(0.3) + (double((j + 1) % 3) - 1) * 0.5; },
                       .decays = false});

    auto most = maximum(p, now);
    auto past = exp(p - most), present = exp(now - most);
    auto wkv = (past * a + present * v) / (past * b + present);
    auto kept = p - decay;
    auto next = maximum(kept, k);
    auto keep = exp(kept - next), write = exp(k - next);
    e.next(a, keep * a + write * v);
    e.next(b, keep * b + write);
    e.next(p, next);
    e.output(e.product("output", H, r * wkv, {.start = start::constant(0)}));
}

}  // namespace

constinit const Plugin unroll_plugin =
    equations_plugin<rwkv_4>("rwkv-4", 1, "RWKV-4's time mixing: attention as two decaying sums");
