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
/// The state of a causal layer: position (1), how many steps came before, a whole number; keys (H, context) and values
/// (context, H), whose columns and rows beyond the position mean nothing. So a single query's products with all keys,
/// and its weights' with all values, both run along rows, and nothing is rearranged.
template <class Real>
class SelfAttentionBranch {
public:
    SelfAttentionBranch() = default;
    /// Adds PyTorch's in_proj_weight, in_proj_bias, out_proj.weight and out_proj.bias to the layout, after a prefix.
    SelfAttentionBranch(CellLayout& layout, const Shape& shape, const std::string& prefix) : shape_(shape) {
        const Size H = shape.H;
        in_ = {layout,
               {.inputs = H,
                .outputs = 3 * H,
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
            layout.add_state("keys", shape.context * H);
            layout.add_state("values", shape.context * H);
        }
    }

    struct Saved {
        Real* qkv;      ///< (T·B, 3H), queries scaled, queries and keys turned
        Real* weights;  ///< (B, heads, T·columns)
        Real* heads;    ///< (T·B, H), what the heads found
    };
    Saved take(Slices<Real>& slices, Size T, Size B) const {
        Real* qkv = slices.take(T * B * 3 * shape_.H);
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
            Real* qkv = saved.qkv + row * 3 * H;
            scale(query_scale(), qkv, H);
            if (positions.rotary()) {
                positions.turn(qkv, p, Turn::forward);
                positions.turn(qkv + H, p, Turn::forward);
            }
        });
        if (call.lengths) std::fill_n(saved.heads, rows * H, Real{0});
        const Size scratch = shape_.dropping ? attend_workspace(call.T, columns) : 0;
        if (call.T == 1 && shape_.causal && !dropout)
            attend_single(call, saved);
        else
            for_each_head(call.B * shape_.heads, products(call.T), workspace, scratch, [&](Size item, Real* own) {
                attend(head(call, saved, item), saved.weights + item * weights_size(call.T, columns), columns,
                       heads_of(call, saved.heads, item), dropout.part(item), own);
            });
        out_.forward(call.weights, prepared + in_.prepared_size(), saved.heads, rows, out);
    }

    /// Writes next_state: the cache with this call's keys and values appended.
    void leave_state(const Forward<Real>& call, const Saved& saved) const {
        if (!call.next_state || !shape_.causal) return;
        const Size H = shape_.H;
        for (Size b = 0; b < call.B; ++b) {
            const Size p = shape_.past(call, b), steps = length(call, b);
            Real* next = call.next_state + b * shape_.state_size();
            if (!call.state)
                std::fill_n(next, shape_.own_state_size(), Real{0});
            else if (call.state != call.next_state)
                std::copy_n(call.state + b * shape_.state_size(), shape_.own_state_size(), next);
            next[0] = static_cast<Real>(p + steps);
            for (Size t = 0; t < steps; ++t) {
                const Real* key = saved.qkv + (t * call.B + b) * 3 * H + H;
                for (Size j = 0; j < H; ++j) next[1 + j * shape_.context + p + t] = key[j];
                std::copy_n(key + H, H, next + 1 + (shape_.context + p + t) * H);
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

        std::fill_n(work.dqkv, rows * 3 * H, Real{0});
        begin_state_backward(call, gradients, work.dqkv);
        for_each_head(call.B * shape_.heads, products(call.T), work.scratch, attend_workspace(call.T, columns),
                      [&](Size item, Real* own) {
                          attend_backward<Real>(
                              head(call, saved, item), saved.weights + item * weights_size(call.T, columns), columns,
                              heads_of(call, work.dheads, item), head_gradients(call, gradients, work.dqkv, item),
                              dropout.part(item), own);
                      });
        for_each_row(call, [&](Size row, Size p) {
            Real* dqkv = work.dqkv + row * 3 * H;
            if (positions.rotary()) {
                positions.turn(dqkv, p, Turn::back);
                positions.turn(dqkv + H, p, Turn::back);
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
              dqkv(this->take(T * B * 3 * shape.H)),
              scratch(this->take(B * shape.heads * attend_workspace(T, shape.columns(T)))) {}
    };

    /// `attend` of all heads at once, for one step of each sequence.
    void attend_single(const Forward<Real>& call, const Saved& saved) const {
        const Size H = shape_.H, context = shape_.context;
        parallel_for(call.B, 1 + 100'000 / (context * H), [&](Size begin, Size end) {
            for (Size b = begin; b < end; ++b) {
                const Real* query = saved.qkv + b * 3 * H;
                const Real* keys = call.state ? call.state + b * shape_.state_size() + 1 : nullptr;
                unroll::attend<Real>({shape_.heads, shape_.head_width(), query, query + H, query + 2 * H,
                                      shape_.past(call, b), keys, keys ? keys + context * H : nullptr, context},
                                     saved.weights + b * shape_.heads * context, context, saved.heads + b * H);
            }
        });
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
    /// The same of the queries (0), keys (1) or values (2) in (T, B, 3H).
    template <class Element>
    Matrix<Element> qkv_of(const Forward<Real>& call, Element* qkv, Size which, Size item) const {
        const Size b = item / shape_.heads, w = shape_.head_width();
        return {qkv + (b * 3 + which) * shape_.H + item % shape_.heads * w, length(call, b), w, call.B * 3 * shape_.H};
    }
    /// The same of the keys (0) or values (1) in a state or its gradient, which may be null.
    template <class Element>
    Matrix<Element> cached(const Forward<Real>& call, Element* state, Size which, Size item) const {
        const Size b = item / shape_.heads, w = shape_.head_width(), first = item % shape_.heads * w;
        if (!state) return {nullptr, shape_.past(call, b), w};
        Element* const keys = state + b * shape_.state_size() + 1;
        if (which == 0) return {keys + first * shape_.context, shape_.past(call, b), w, 1, shape_.context};
        return {keys + shape_.context * shape_.H + first, shape_.past(call, b), w, shape_.H};
    }

    Head<Real> head(const Forward<Real>& call, const Saved& saved, Size item) const {
        const Real* qkv = saved.qkv;
        return {qkv_of(call, qkv, 0, item), cached(call, call.state, 0, item), cached(call, call.state, 1, item),
                qkv_of(call, qkv, 1, item), qkv_of(call, qkv, 2, item),        shape_.causal};
    }
    HeadGradients<Real> head_gradients(const Forward<Real>& call, const Backward<Real>& gradients, Real* dqkv,
                                       Size item) const {
        return {qkv_of(call, dqkv, 0, item), cached(call, gradients.dstate, 0, item),
                cached(call, gradients.dstate, 1, item), qkv_of(call, dqkv, 1, item), qkv_of(call, dqkv, 2, item)};
    }

    /// What next_state passes on as it is: from dnext_state to the keys and values of this call and to dstate.
    void begin_state_backward(const Forward<Real>& call, const Backward<Real>& gradients, Real* dqkv) const {
        if (!shape_.causal) return;
        const Size H = shape_.H;
        for (Size b = 0; b < call.B; ++b) {
            const Size p = shape_.past(call, b), steps = length(call, b);
            const Real* dnext = gradients.dnext_state ? gradients.dnext_state + b * shape_.state_size() : nullptr;
            if (dnext)
                for (Size t = 0; t < steps; ++t) {
                    Real* dkey = dqkv + (t * call.B + b) * 3 * H + H;
                    for (Size j = 0; j < H; ++j) dkey[j] = dnext[1 + j * shape_.context + p + t];
                    std::copy_n(dnext + 1 + (shape_.context + p + t) * H, H, dkey + H);
                }
            if (!gradients.dstate) continue;
            Real* dstate = gradients.dstate + b * shape_.state_size();
            if (!dnext) {
                std::fill_n(dstate, shape_.own_state_size(), Real{0});
                continue;
            }
            std::copy_n(dnext, shape_.own_state_size(), dstate);
            dstate[0] = 0;  // a position is counted, not computed
            for (Size j = 0; j < H; ++j) std::fill_n(dstate + 1 + j * shape_.context + p, steps, Real{0});
            std::fill_n(dstate + 1 + (shape_.context + p) * H, steps * H, Real{0});
        }
    }

    Shape shape_{};
    Linear<Real> in_, out_;
};

}  // namespace unroll::self_attention
