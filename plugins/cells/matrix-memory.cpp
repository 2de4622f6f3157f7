// A matrix per head as memory: written by outer products of keys and values, read by queries. One recurrence, and what
// the papers of the last years put into it as presets. With q, k, v = W x of each head, S (d, d), d = H / heads:
//
//     linear-attention  S' = S + φ(k) vᵀ, z' = z + φ(k), φ = elu + 1;  o = φ(q)ᵀ S' / (φ(q)·z' + 1e-6);  y = W_o o
//                       (Katharopoulos et al. 2020, arXiv 2006.16236)
//     retnet            S' = γ_h S + k vᵀ, γ_h = 1 - 2^(-5-h), q and k rotated by the step as in RoFormer
//                       (Sun et al. 2023, arXiv 2307.08621)
//     gla               S' = diag(a) S + k vᵀ, a = σ(W_2 W_1 x + b)^(1/16), W_1 of rank 16
//                       (Yang et al. 2023, arXiv 2312.06635)
//     mamba-2           S' = a S + Δ k vᵀ, Δ = softplus(W x + b), a = exp(-exp(A_log) Δ), one number a head, q and k
//                       shared by the heads;  o = qᵀ S' + D v;  y = W_o norm(o ∘ silu(W_g x))
//                       (Dao and Gu 2024, arXiv 2405.21060)
//     hgrn2             S' = diag(f) S + (1 - f) vᵀ, f = lower_bound + (1 - lower_bound) σ(W_k x), q through silu;
//                       y = W_o norm(o) (Qin et al. 2024, arXiv 2404.07904)
//     mlstm             S' = f' S + i' k vᵀ / √d, n' = f' n + i' k / √d, i = exp, f = σ of w·(q, k, v) + b of each
//                       head, stabilised by m as in sLSTM;  o = qᵀ S' / (max(|q·n'|, exp(-m')) + 1e-6), layer-
//                       normalised (Beck et al. 2024, arXiv 2405.04517)
//     deltanet          S' = S + k (β (v - Sᵀ k))ᵀ, β = σ(w·x), q and k through silu and an L2 norm, v through silu;
//                       y = W_o norm(o) (Yang et al. 2024, arXiv 2406.06484)
//     gated-deltanet    the same with a S for S, a = exp(-exp(A_log) softplus(w·x + b)) (Yang et al. 2024, 2412.06464)
//
// Where nothing else is said o = (q / √d)ᵀ S' (mamba-2 and hgrn2: qᵀ S') and y = W_o (norm(o) ∘ silu(W_g x)), norm the
// RMS norm of each head with a gain. `convolution` K > 0 puts a causal depthwise convolution and silu behind W_q, W_k
// and W_v; `negative_eigenvalues` doubles β, so that a step can turn what it erases.
// State: S (H · d), and what the preset adds. Kept for backward: S every 64 steps, else about 8 H a step.
#include <cmath>
#include <string>
#include <vector>

#include "unroll/equations.h"

namespace {

using namespace unroll;

Size heads_of(const Options& options) {
    return static_cast<Size>(options.integer("heads")) * (options.text("preset") == "retnet" ? 2 : 1);
}

constexpr double epsilon = 1e-5;  // of RMS norms, as in the papers' code

/// One layer being written down.
struct Memory {
    Equations& e;
    Size H, heads, d;
    Value x;
    double scale;

    explicit Memory(Equations& equations)
        : e(equations),
          H(e.hidden()),
          heads(static_cast<Size>(e.options().integer("heads"))),
          d(H / heads),
          x(e.input()),
          scale(1 / std::sqrt(static_cast<double>(d))) {}

    Value projected(const std::string& name, Size width) {
        auto u = e.product("weight_" + name, width, x);
        const auto taps = static_cast<Size>(e.options().integer("convolution"));
        return taps > 0 ? silu(e.convolve("conv_" + name, u, taps)) : u;
    }
    Value q() { return projected("q", H); }
    Value k() { return projected("k", H); }
    Value v() { return projected("v", H); }
    Value read(Value q, Value k, Value v, const Equations::MemoryRule& rule = {}) {
        return e.memory("S", heads, q, k, v, rule);
    }
    Value activated(Value u) { return e.options().integer("convolution") > 0 ? u : silu(u); }

    Value gate() { return silu(e.product("weight_g", H, x)); }
    Value normed(Value o) { return e.times(rms_norm(o, heads, epsilon), "norm"); }
    void finish(Value o) { e.output(e.product("weight_o", H, o)); }
    void finish_gated(Value o) { finish(o * gate()); }

    /// A row of numbers.
    Value row(const std::vector<double>& numbers) {
        std::vector<Value> parts;
        for (const double number : numbers) parts.push_back(e.constant(1, number));
        return concatenate(std::span<const Value>(parts));
    }

    /// exp(-exp(A_log) Δ) and Δ = softplus(W x + b), a head each; A starts uniform between `least` and 16.
    struct Decay {
        Value factor, step;
    };
    Decay decay(double least) {
        auto step = softplus(e.plus(e.product("weight_dt", heads, x), "dt_bias",
                                    {.start = start::softplus_log_uniform(1e-3, 1e-1, 1e-4), .decays = false}));
        auto rate = exp(e.weight("A_log", {heads}, Weight::Role::bias,
                                 {.start = start::log_of_uniform(least, 16), .decays = false}));
        return {exp(-(step * rate)), step};
    }

    /// Each head's pairs (i, i + d / 2) turned by step / 10000^(2 i / d).
    Value rotated(Value u, Value sine, Value cosine) {
        std::vector<Value> parts;
        for (Size head = 0; head < heads; ++head) {
            auto a = slice(u, head * d, d / 2), b = slice(u, head * d + d / 2, d - d / 2);
            parts.push_back(a * cosine - b * sine);
            parts.push_back(a * sine + b * cosine);
        }
        return concatenate(std::span<const Value>(parts));
    }
};

void linear_attention(Memory& m) {
    const auto feature = [](Value u) { return relu(u) + exp(minimum(u, 0)); };
    auto q = feature(m.q()), k = feature(m.k()), v = m.v();
    auto o = m.read(q, k, v), z = m.e.state("z", m.H);
    m.e.next(z, z + k);
    auto weight = sum(q * m.e.next_of(z), m.heads) + 1e-6;
    m.finish(o / repeat(weight, m.d));
}

void retnet(Memory& m) {
    std::vector<double> rates, keeps;
    for (Size i = 0; i < m.d / 2; ++i) rates.push_back(std::pow(10000.0, -2.0 * double(i) / double(m.d)));
    for (Size h = 0; h < m.heads; ++h) keeps.push_back(1 - std::exp2(-5.0 - double(h)));
    auto angle = repeat(m.e.step(), m.d / 2) * m.row(rates);
    auto sine = sin(angle), cosine = cos(angle);
    auto q = m.rotated(m.q(), sine, cosine), k = m.rotated(m.k(), sine, cosine), v = m.v();
    m.finish_gated(m.normed(m.read(q * m.scale, k, v, {.decay = m.row(keeps)})));
}

void gla(Memory& m) {
    auto q = m.q(), k = m.k(), v = m.v();
    auto low = m.e.product("weight_a1", 16, m.x);
    auto a = exp(softplus(-m.e.plus(m.e.product("weight_a2", m.H, low), "bias_a")) * (-1.0 / 16));
    m.finish_gated(m.normed(m.read(q * m.scale, k, v, {.decay = a})));
}

void mamba_2(Memory& m) {
    auto q = m.projected("q", m.d), k = m.projected("k", m.d), v = m.v();
    const auto shared = [&](Value u) { return concatenate(std::span<const Value>(std::vector<Value>(m.heads, u))); };
    const auto [factor, step] = m.decay(1);
    auto o = m.read(shared(q), shared(k), repeat(step, m.d) * v, {.decay = factor});
    auto past = m.e.weight("D", {m.heads}, Weight::Role::bias, {.start = start::constant(1), .decays = false});
    m.finish(m.e.times(rms_norm((o + repeat(past, m.d) * v) * m.gate(), 1, epsilon), "norm"));
}

void hgrn2(Memory& m) {
    const double least = m.e.options().number("lower_bound");
    auto q = m.activated(m.q()), v = m.v();
    auto u = m.e.product("weight_k", m.H, m.x);
    auto f = sigmoid(u) * (1 - least) + least, key = sigmoid(-u) * (1 - least);  // 1 - f, without its cancellation
    m.finish(m.normed(m.read(q, key, v, {.decay = f})));
}

void mlstm(Memory& m) {
    auto q = m.q(), k = m.k(), v = m.v();
    const WeightMarks zeros{.start = start::constant(0)};
    auto all = concatenate({q, k, v});
    auto i = m.e.plus(m.e.product("weight_i", m.heads, all, zeros), "bias_i", {.start = start::normal(0.1)});
    auto f =
        m.e.plus(m.e.product("weight_f", m.heads, all, zeros), "bias_f", {.start = start::linspace(3, 6, m.heads)});
    auto n = m.e.state("n", m.H), most = m.e.state("m", m.e.constant(m.heads, -1e30));
    auto kept = most - softplus(-f);
    auto next = maximum(kept, i);
    auto keep = exp(kept - next), write = exp(i - next);
    auto key = k * m.scale * repeat(write, m.d);
    m.e.next(most, next);
    auto read = m.read(q, key, v, {.decay = keep});
    m.e.next(n, repeat(keep, m.d) * n + key);
    auto along = sum(q * m.e.next_of(n), m.heads);
    auto least = exp(minimum(-next, 80));  // beyond, the weight has no finite slope in floats, and o is 0 to all digits
    auto weight = maximum(maximum(along, -along), least) + 1e-6;
    auto o = read / repeat(weight, m.d);
    m.finish_gated(m.e.times(layer_norm(o, m.heads), "norm"));
}

void delta(Memory& m, bool gated) {
    auto q = l2_norm(m.activated(m.q()), m.heads), k = l2_norm(m.activated(m.k()), m.heads), v = m.activated(m.v());
    auto beta = sigmoid(m.e.product("weight_beta", m.heads, m.x));
    if (m.e.options().boolean("negative_eigenvalues")) beta = beta * 2;
    Equations::MemoryRule rule{.strength = beta};
    if (gated) rule.decay = m.decay(1e-4).factor;
    auto o = m.normed(m.read(q * m.scale, k, v, rule));
    m.finish(gated ? o * m.gate() : o);
}

void matrix_memory(Equations& e) {
    Memory m(e);
    const std::string& preset = e.options().text("preset");
    if (preset == "linear-attention") linear_attention(m);
    if (preset == "retnet") retnet(m);
    if (preset == "gla") gla(m);
    if (preset == "mamba-2") mamba_2(m);
    if (preset == "hgrn2") hgrn2(m);
    if (preset == "mlstm") mlstm(m);
    if (preset == "deltanet") delta(m, false);
    if (preset == "gated-deltanet") delta(m, true);
}

constexpr Option options[] = {
    Option::choice("preset", "\"gated-deltanet\"",
                   "linear-attention|retnet|gla|mamba-2|hgrn2|mlstm|deltanet|gated-deltanet",
                   "how the memory decays, is written and read"),
    Option::integer("heads", "1", 1, 1024, "heads, a matrix each; divides H (retnet: into even parts)"),
    Option::integer("convolution", "0", 0, 64, "taps of the convolutions behind queries, keys and values; 0: none"),
    Option::boolean("negative_eigenvalues", "false",
                    "deltanets: write with twice the strength, so that steps can turn"),
    Option::number("lower_bound", "0", 0, 1, "hgrn2: the least that is kept"),
};

}  // namespace

constinit const Plugin unroll_plugin = equations_plugin<matrix_memory>(
    "matrix-memory", 3, "a matrix as memory: linear attention, RetNet, GLA, Mamba-2, HGRN2, mLSTM, DeltaNets", options,
    heads_of);
