// The branch that attends to its own sequence, with the cache of keys and values as its state.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "attend.h"
#include "positions.h"
#include "shape.h"
#include "unroll/cell.h"
#include "unroll/kernels.h"
#include "unroll/layers.h"

namespace unroll::self_attention {

/// Attention of a sequence over its own steps, and over the steps of earlier calls that the state holds.
///
/// Heads of queries may share heads of keys and values: G·w instead of H of them (Ainslie et al. 2023, arXiv
/// 2305.13245; one head for all: Shazeer 2019, arXiv 1911.02150). A window limits how far a query sees.
///
/// The state of a causal layer: position (1), how many steps came before, a whole number; keys (G·w, slots) and values
/// (slots, G·w) of the last steps, the oldest first, whose columns and rows beyond the position mean nothing. There are
/// as many slots as the context has steps, or the window. So a single query's products with all keys, and its weights'
/// with all values, both run along rows, and nothing is rearranged.
template <class Real>
class SelfAttentionBranch {
public:
    SelfAttentionBranch() = default;
    /// Adds PyTorch's in_proj_weight, in_proj_bias, out_proj.weight and out_proj.bias to the layout, after a prefix.
    SelfAttentionBranch(CellLayout& layout, const Shape& shape, const std::string& prefix) : shape_(shape) {
        const Size H = shape.H;
        in_ = {layout,
               {.inputs = H,
                .outputs = shape.qkv_width(),
                .weight = prefix + "in_proj_weight",
                .bias = prefix + "in_proj_bias",
                .role = Weight::Role::input,
                .has_bias = shape.bias}};
        out_ = {layout,
                {.inputs = H,
                 .outputs = H,
                 .weight = prefix + "out_proj.weight",
                 .bias = prefix + "out_proj.bias",
                 .role = Weight::Role::residual,
                 .has_bias = shape.bias}};
        if (shape.causal) {
            layout.add_state("position", 1);
            layout.add_state("keys", shape.slots * shape.kv_width());
            layout.add_state("values", shape.slots * shape.kv_width());
        }
    }

    struct Saved {
        Real* qkv;      ///< (T·B, H + 2 G·w), queries scaled, queries and keys turned
        Real* weights;  ///< (B, heads, T·columns)
        Real* heads;    ///< (T·B, H), what the heads found
    };
    Saved take(Slices<Real>& slices, Size T, Size B) const {
        Real* qkv = slices.take(T * B * shape_.qkv_width());
        Real* weights = slices.take(B * shape_.heads * weights_size(T, shape_.columns(T)));
        return {qkv, weights, slices.take(T * B * shape_.H)};
    }

    Size prepared_size() const { return in_.prepared_size() + out_.prepared_size(); }
    void prepare(const Real* weights, Real* prepared) const {
        in_.prepare(weights, prepared);
        out_.prepare(weights, prepared + in_.prepared_size());
    }

    Size workspace_size(Size T, Size B) const { return Workspace(shape_, T, B).used(); }

    void forward(const Forward<Real>& call, const Real* prepared, const Positions<Real>& positions, const Saved& saved,
                 const Dropout& dropout, const Real* in, Real* out, Real* workspace) const {
        const Size H = shape_.H, rows = call.T * call.B, columns = shape_.columns(call.T);
        in_.forward(call.weights, prepared, in, rows, saved.qkv);
        for_each_row(call, [&](Size row, Size p) {
            Real* qkv = saved.qkv + row * shape_.qkv_width();
            scale(query_scale(), qkv, H);
            if (positions.rotary()) {
                positions.turn(qkv, shape_.heads, p, Turn::forward);
                positions.turn(qkv + H, shape_.kv_heads, p, Turn::forward);
            }
        });
        if (call.lengths) std::fill_n(saved.heads, rows * H, Real{0});
        const Size scratch = shape_.dropping ? attend_workspace(call.T, columns) : 0;
        if (call.T == 1 && shape_.causal && !dropout)
            attend_single(call, positions, saved);
        else
            for_each_head(call.B * shape_.heads, products(call.T), workspace, scratch, [&](Size item, Real* own) {
                attend(head(call, positions, saved, item), saved.weights + item * weights_size(call.T, columns),
                       columns, heads_of(call, saved.heads, item), dropout.part(item), own);
            });
        out_.forward(call.weights, prepared + in_.prepared_size(), saved.heads, rows, out);
    }

    /// Writes next_state: the cache with this call's keys and values appended, and the oldest gone that have no slot.
    void leave_state(const Forward<Real>& call, const Saved& saved) const {
        if (!call.next_state || !shape_.causal) return;
        const Size W = shape_.kv_width(), slots = shape_.slots;
        for (Size b = 0; b < call.B; ++b) {
            const Size p = shape_.cached(call, b), steps = length(call, b), gone = gone_of(call, b);
            Real* next = call.next_state + b * shape_.state_size();
            const Real* before = call.state ? call.state + b * shape_.state_size() : nullptr;
            const Real position = static_cast<Real>(shape_.past(call, b) + steps);
            if (!before)
                std::fill_n(next, shape_.own_state_size(), Real{0});
            else if (gone > 0)
                shift(before, std::min(gone, p), p, next);
            else if (before != next)
                std::copy_n(before, shape_.own_state_size(), next);
            next[0] = position;
            for (Size t = gone > p ? gone - p : 0; t < steps; ++t) {
                const Size slot = p + t - gone;
                const Real* key = saved.qkv + (t * call.B + b) * shape_.qkv_width() + shape_.H;
                for (Size j = 0; j < W; ++j) next[1 + j * slots + slot] = key[j];
                std::copy_n(key + W, W, next + 1 + (slots + slot) * W);
            }
        }
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients, const Positions<Real>& positions,
                  const Saved& saved, const Dropout& dropout, const Real* in, const Real* dout, Real* din,
                  Real* workspace) const {
        const Size H = shape_.H, rows = call.T * call.B, columns = shape_.columns(call.T);
        const Workspace work(shape_, call.T, call.B, workspace);
        out_.backward_weights(saved.heads, dout, rows, gradients.dweights);
        out_.backward_input(call.weights, dout, rows, work.dheads);

        std::fill_n(work.dqkv, rows * shape_.qkv_width(), Real{0});
        begin_state_backward(call, gradients, work.dqkv);
        // Heads that share keys and values add to the same gradients, so one after the other.
        const Size group = shape_.heads / shape_.kv_heads;
        for_each_head(call.B * shape_.kv_heads, group * products(call.T), work.scratch,
                      attend_workspace(call.T, columns), [&](Size shared, Real* own) {
                          for (Size item = shared * group; item < (shared + 1) * group; ++item)
                              attend_backward<Real>(head(call, positions, saved, item),
                                                    saved.weights + item * weights_size(call.T, columns), columns,
                                                    heads_of(call, work.dheads, item),
                                                    head_gradients(call, gradients, work.dqkv, item),
                                                    dropout.part(item), own);
                      });
        for_each_row(call, [&](Size row, Size p) {
            Real* dqkv = work.dqkv + row * shape_.qkv_width();
            if (positions.rotary()) {
                positions.turn(dqkv, shape_.heads, p, Turn::back);
                positions.turn(dqkv + H, shape_.kv_heads, p, Turn::back);
            }
            scale(query_scale(), dqkv, H);
        });
        in_.backward_weights(in, work.dqkv, rows, gradients.dweights);
        in_.backward_input(call.weights, work.dqkv, rows, din);
    }

private:
    struct Workspace : Slices<Real> {
        Real *dheads, *dqkv, *scratch;

        Workspace(const Shape& shape, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base),
              dheads(this->take(T * B * shape.H)),
              dqkv(this->take(T * B * shape.qkv_width())),
              scratch(this->take(B * shape.kv_heads * attend_workspace(T, shape.columns(T)))) {}
    };

    /// `attend` of all heads at once, for one step of each sequence.
    void attend_single(const Forward<Real>& call, const Positions<Real>& positions, const Saved& saved) const {
        const Size H = shape_.H, W = shape_.kv_width(), slots = shape_.slots, columns = shape_.columns(1);
        parallel_for(call.B, 1 + 100'000 / (slots * H), [&](Size begin, Size end) {
            for (Size b = begin; b < end; ++b) {
                const Real* query = saved.qkv + b * shape_.qkv_width();
                const Size kept = shape_.cached(call, b);
                const Size hidden = shape_.window > 0 && kept == slots ? 1 : 0;  // one of the slots is for this step
                const Real* keys = call.state && kept > 0 ? call.state + b * shape_.state_size() + 1 : nullptr;
                unroll::attend<Real>({.heads = shape_.heads,
                                      .width = shape_.head_width(),
                                      .query = query,
                                      .key = query + H,
                                      .value = query + H + W,
                                      .past = kept - hidden,
                                      .keys = keys ? keys + hidden : nullptr,
                                      .values = keys ? keys + (slots + hidden) * W : nullptr,
                                      .context = slots,
                                      .kv_heads = shape_.kv_heads,
                                      .slopes = positions.slopes()},
                                     saved.weights + b * shape_.heads * columns, columns, saved.heads + b * H);
            }
        });
    }

    /// Steps of the cache and of this call, together, that are older than the slots reach.
    Size gone_of(const Forward<Real>& call, Size b) const {
        const Size all = shape_.cached(call, b) + length(call, b);
        return all - std::min(all, shape_.slots);
    }
    /// The cache of `count` steps without its first ones: `next` may be the same state.
    void shift(const Real* before, Size gone, Size count, Real* next) const {
        const Size W = shape_.kv_width(), slots = shape_.slots, left = count - gone;
        for (Size j = 0; j < W; ++j) std::copy_n(before + 1 + j * slots + gone, left, next + 1 + j * slots);
        std::copy_n(before + 1 + (slots + gone) * W, left * W, next + 1 + slots * W);
    }

    static Size length(const Forward<Real>& call, Size b) { return call.lengths ? call.lengths[b] : call.T; }
    Real query_scale() const { return 1 / std::sqrt(static_cast<Real>(shape_.head_width())); }
    Size products(Size T) const { return T * shape_.columns(T) * shape_.head_width(); }

    /// Calls body(row, position) for every row of (T, B).
    template <class Body>
    void for_each_row(const Forward<Real>& call, Body&& body) const {
        for (Size t = 0; t < call.T; ++t)
            for (Size b = 0; b < call.B; ++b) body(t * call.B + b, shape_.past(call, b) + t);
    }

    /// The part of (T, B, H) that belongs to one sequence and head: (its length, w).
    template <class Element>
    Matrix<Element> heads_of(const Forward<Real>& call, Element* data, Size item) const {
        const Size b = item / shape_.heads, w = shape_.head_width();
        return {data + b * shape_.H + item % shape_.heads * w, length(call, b), w, call.B * shape_.H};
    }
    /// The head of keys and values that a head reads.
    Size shared(Size item) const { return item % shape_.heads / (shape_.heads / shape_.kv_heads); }
    /// The same of the queries (0), keys (1) or values (2) in (T, B, H + 2 G·w).
    template <class Element>
    Matrix<Element> qkv_of(const Forward<Real>& call, Element* qkv, Size which, Size item) const {
        const Size b = item / shape_.heads, w = shape_.head_width(), width = shape_.qkv_width();
        const Size first =
            which == 0 ? item % shape_.heads * w : shape_.H + (which - 1) * shape_.kv_width() + shared(item) * w;
        return {qkv + b * width + first, length(call, b), w, call.B * width};
    }
    /// The same of the keys (0) or values (1) in a state or its gradient, which may be null.
    template <class Element>
    Matrix<Element> cached(const Forward<Real>& call, Element* state, Size which, Size item) const {
        const Size b = item / shape_.heads, w = shape_.head_width(), first = shared(item) * w;
        const Size count = shape_.cached(call, b), slots = shape_.slots;
        if (!state) return {nullptr, count, w};
        Element* const keys = state + b * shape_.state_size() + 1;
        if (which == 0) return {keys + first * slots, count, w, 1, slots};
        return {keys + slots * shape_.kv_width() + first, count, w, shape_.kv_width()};
    }

    Head<Real> head(const Forward<Real>& call, const Positions<Real>& positions, const Saved& saved, Size item) const {
        const Real* qkv = saved.qkv;
        return {.queries = qkv_of(call, qkv, 0, item),
                .past_keys = cached(call, call.state, 0, item),
                .past_values = cached(call, call.state, 1, item),
                .keys = qkv_of(call, qkv, 1, item),
                .values = qkv_of(call, qkv, 2, item),
                .causal = shape_.causal,
                .window = shape_.window,
                .slope = positions.slopes() ? positions.slopes()[item % shape_.heads] : Real{0}};
    }
    HeadGradients<Real> head_gradients(const Forward<Real>& call, const Backward<Real>& gradients, Real* dqkv,
                                       Size item) const {
        return {qkv_of(call, dqkv, 0, item), cached(call, gradients.dstate, 0, item),
                cached(call, gradients.dstate, 1, item), qkv_of(call, dqkv, 1, item), qkv_of(call, dqkv, 2, item)};
    }

    /// What next_state passes on as it is: from dnext_state to the keys and values of this call and to dstate.
    void begin_state_backward(const Forward<Real>& call, const Backward<Real>& gradients, Real* dqkv) const {
        if (!shape_.causal) return;
        const Size W = shape_.kv_width(), slots = shape_.slots;
        for (Size b = 0; b < call.B; ++b) {
            const Size p = shape_.cached(call, b), steps = length(call, b), gone = gone_of(call, b);
            const Real* dnext = gradients.dnext_state ? gradients.dnext_state + b * shape_.state_size() : nullptr;
            if (dnext)
                for (Size t = gone > p ? gone - p : 0; t < steps; ++t) {
                    const Size slot = p + t - gone;
                    Real* dkey = dqkv + (t * call.B + b) * shape_.qkv_width() + shape_.H;
                    for (Size j = 0; j < W; ++j) dkey[j] = dnext[1 + j * slots + slot];
                    std::copy_n(dnext + 1 + (slots + slot) * W, W, dkey + W);
                }
            if (!gradients.dstate) continue;
            Real* dstate = gradients.dstate + b * shape_.state_size();
            if (!dnext || gone > 0) std::fill_n(dstate, shape_.own_state_size(), Real{0});
            if (!dnext) continue;
            if (gone > 0) {
                unshift(dnext, std::min(gone, p), p, dstate);
                continue;
            }
            std::copy_n(dnext, shape_.own_state_size(), dstate);
            dstate[0] = 0;  // a position is counted, not computed
            for (Size j = 0; j < W; ++j) std::fill_n(dstate + 1 + j * slots + p, steps, Real{0});
            std::fill_n(dstate + 1 + (slots + p) * W, steps * W, Real{0});
        }
    }
    /// The backward of `shift`.
    void unshift(const Real* dnext, Size gone, Size count, Real* dstate) const {
        const Size W = shape_.kv_width(), slots = shape_.slots, left = count - gone;
        for (Size j = 0; j < W; ++j) std::copy_n(dnext + 1 + j * slots, left, dstate + 1 + j * slots + gone);
        std::copy_n(dnext + 1 + slots * W, left * W, dstate + 1 + (slots + gone) * W);
    }

    Shape shape_{};
    Linear<Real> in_, out_;
};

}  // namespace unroll::self_attention
