// What the parts of attention agree on, and small helpers that they share.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "attend.h"
#include "unroll/cell.h"
#include "unroll/error.h"
#include "unroll/layers.h"
#include "unroll/options.h"
#include "unroll/parallel.h"

namespace unroll::self_attention {

using namespace layers;

struct Shape {
    Size H, heads;
    Size kv_heads;  ///< heads of the keys and values of its own steps, each shared by heads / kv_heads queries' heads
    bool causal;
    Size window;        ///< steps that a query sees, its own and those before it (not causal: and after it); 0: all
    Size context;       ///< the most steps of a sequence; 0: any number
    Size slots;         ///< steps that a causal layer's state keeps
    Size source;        ///< M, the width of what is attended to across; 0: none
    Size source_steps;  ///< the most that a source has
    Bias bias;
    bool dropping;  ///< training may drop attention weights

    Size head_width() const { return H / heads; }
    Size kv_width() const { return kv_heads * head_width(); }
    Size qkv_width() const { return H + 2 * kv_width(); }
    /// The most keys that a tile of queries of a call of T steps may see.
    Size columns(Size T) const {
        const Size all = !causal ? T : window > 0 ? slots + T : context;
        return window > 0 ? std::min(all, (causal ? 1 : 2) * window + tile_rows) : all;
    }
    /// Keys that a query sees, at most and its own among them, in a sequence of T steps.
    Size seen(Size T) const { return window > 0 ? std::min(T, causal ? window : 2 * window - 1) : T; }

    /// A causal layer's state: position, keys and values of its own steps, then those of the source.
    Size own_state_size() const { return causal ? 1 + 2 * slots * kv_width() : 0; }
    Size source_state_size() const { return causal && source > 0 ? 2 * source_steps * H : 0; }
    Size state_size() const { return own_state_size() + source_state_size(); }

    /// Steps that came before this call.
    template <class Real>
    Size past(const Forward<Real>& call, Size b) const {
        return call.state && causal ? static_cast<Size>(std::lround(std::max(Real{0}, call.state[b * state_size()])))
                                    : 0;
    }
    /// Those of them whose keys and values the state has: the last ones, the oldest first.
    template <class Real>
    Size cached(const Forward<Real>& call, Size b) const {
        return std::min(past(call, b), slots);
    }
    /// What a training step's attention takes: two products forward and four backward of a query's width with each key
    /// that it sees.
    double attention_flops(Size T, Size B) const { return 12.0 * double(T) * double(B) * double(seen(T)) * double(H); }
};

/// "1, 2 or 4" for 4.
inline std::string divisors(Size n) {
    std::vector<std::string> all;
    for (Size i = 1; i <= n; ++i)
        if (n % i == 0) all.push_back(std::to_string(i));
    std::string text = all.front();
    for (std::size_t i = 1; i < all.size(); ++i) text += (i + 1 == all.size() ? " or " : ", ") + all[i];
    return text;
}

/// Positions that stand in a table with a row for each step.
inline bool tabled(const std::string& positions) {
    return positions == "learned" || positions == "sinusoidal" || positions == "rotary";
}

/// From what a layer is made for; throws Error when it cannot be made.
inline Shape checked_shape(const CellSpec& spec, const Options& options) {
    const auto heads = static_cast<Size>(options.integer("heads"));
    const auto shared = static_cast<Size>(options.integer("kv_heads")), kv_heads = shared > 0 ? shared : heads;
    const std::string& positions = options.text("positions");
    const bool causal = options.boolean("causal");
    const std::string found = std::to_string(heads) + " heads for hidden " + std::to_string(spec.hidden);
    if (spec.hidden % heads != 0)
        throw Error({"heads", found, "a number of heads that divides hidden",
                     "change heads, or make hidden a multiple of " + std::to_string(heads)});
    if (positions == "rotary" && spec.hidden / heads % 2 != 0)
        throw Error({"heads", found + ", " + std::to_string(spec.hidden / heads) + " each",
                     "an even width of each head, because rotary positions turn pairs",
                     "change heads, hidden or positions"});
    if (heads % kv_heads != 0)
        throw Error({"kv_heads", std::to_string(kv_heads) + " for " + std::to_string(heads) + " heads",
                     "a number that divides heads: each head of keys and values serves as many heads of queries",
                     "set kv_heads to " + divisors(heads) + ", or 0 for as many as heads"});
    // A window as long as the context limits nothing.
    auto window = static_cast<Size>(options.integer("window"));
    if (spec.context > 0 && window >= spec.context) window = 0;
    const bool limited = (causal && window == 0) || tabled(positions);
    if (spec.context == 0 && limited)
        throw Error({"context", "0", "the most steps that a sequence will have, which positions and cached keys need",
                     "set CellSpec::context"});
    if (spec.source > 0 && spec.source_context == 0)
        throw Error(
            {"source_context", "0", "the most steps that the source will have", "set CellSpec::source_context"});
    return {.H = spec.hidden,
            .heads = heads,
            .kv_heads = kv_heads,
            .causal = causal,
            .window = window,
            .context = limited ? spec.context : 0,
            .slots = window > 0 ? window : spec.context,
            .source = spec.source,
            .source_steps = spec.source_context,
            .bias = options.boolean("bias") ? Bias::present : Bias::absent,
            .dropping = spec.dropout > 0};
}

/// Every head has as many units, and rotary positions turn pairs of them.
inline Size hidden_multiple(const Options& options) {
    return static_cast<Size>(options.integer("heads")) * (options.text("positions") == "rotary" ? 2 : 1);
}

/// Throws when a sequence would pass the context.
template <class Real>
void check_context(const Forward<Real>& call, const Shape& shape) {
    const Size context = shape.context;
    for (Size b = 0; context > 0 && b < call.B; ++b) {
        const Size end = shape.past(call, b) + (call.lengths ? call.lengths[b] : call.T);
        if (end > context)
            throw Error({"self-attention", "a sequence of " + std::to_string(end) + " steps",
                         "at most " + std::to_string(context) + " steps, the context that the layer was made for",
                         "read the last " + std::to_string(context) + " steps again from no state"});
    }
}

/// Calls body(item, scratch) for each sequence and head, on idle cores too. Each part of the work has scratch of its
/// own.
template <class Real, class Body>
void for_each_head(Size items, Size products, Real* scratch, Size scratch_size, Body&& body) {
    parallel_for(items, 1 + 100'000 / (products + 1), [&](Size first, Size last) {
        for (Size item = first; item < last; ++item) body(item, scratch + first * scratch_size);
    });
}

template <class Real>
void scale(Real factor, Real* x, Size n) {
    for (Size j = 0; j < n; ++j) x[j] *= factor;
}

}  // namespace unroll::self_attention
