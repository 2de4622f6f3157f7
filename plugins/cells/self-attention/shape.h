// What the parts of attention agree on, and small helpers that they share.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "unroll/cell.h"
#include "unroll/error.h"
#include "unroll/layers.h"
#include "unroll/options.h"
#include "unroll/parallel.h"

namespace unroll::self_attention {

using namespace layers;

struct Shape {
    Size H, heads;
    bool causal;
    Size context;       ///< the most steps of a causal layer's sequences
    Size source;        ///< M, the width of what is attended to across; 0: none
    Size source_steps;  ///< the most that a source has
    Bias bias;
    bool dropping;  ///< training may drop attention weights

    Size head_width() const { return H / heads; }
    /// Keys that a query of a call of T steps may see.
    Size columns(Size T) const { return causal ? context : T; }

    /// A causal layer's state: position, keys and values of its own steps, then those of the source.
    Size own_state_size() const { return causal ? 1 + 2 * context * H : 0; }
    Size source_state_size() const { return causal && source > 0 ? 2 * source_steps * H : 0; }
    Size state_size() const { return own_state_size() + source_state_size(); }

    /// Steps that came before this call.
    template <class Real>
    Size past(const Forward<Real>& call, Size b) const {
        return call.state && causal ? static_cast<Size>(std::lround(std::max(Real{0}, call.state[b * state_size()])))
                                    : 0;
    }
};

/// From what a layer is made for; throws Error when it cannot be made.
inline Shape checked_shape(const CellSpec& spec, const Options& options) {
    const auto heads = static_cast<Size>(options.integer("heads"));
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
    if (spec.context == 0 && (causal || positions != "none"))
        throw Error({"context", "0", "the most steps that a sequence will have, which positions and cached keys need",
                     "set CellSpec::context"});
    if (spec.source > 0 && spec.source_context == 0)
        throw Error(
            {"source_context", "0", "the most steps that the source will have", "set CellSpec::source_context"});
    return {.H = spec.hidden,
            .heads = heads,
            .causal = causal,
            .context = spec.context,
            .source = spec.source,
            .source_steps = spec.source_context,
            .bias = options.boolean("bias") ? Bias::present : Bias::absent,
            .dropping = spec.dropout > 0};
}

/// Every head has as many units, and rotary positions turn pairs of them.
inline Size hidden_multiple(const Options& options) {
    return static_cast<Size>(options.integer("heads")) * (options.text("positions") == "rotary" ? 2 : 1);
}

/// Throws when a sequence would pass the context; 0: there is none.
template <class Real>
void check_context(const Forward<Real>& call, const Shape& shape, Size context) {
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
