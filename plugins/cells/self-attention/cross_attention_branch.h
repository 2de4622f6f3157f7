// The branch that attends to a source, as a decoder does to its encoder's outputs.
#pragma once

#include <algorithm>
#include <cmath>

#include "attend.h"
#include "shape.h"
#include "unroll/cell.h"
#include "unroll/kernels.h"
#include "unroll/layers.h"

namespace unroll::self_attention {

/// Attention over a source (S, B, M), such as an encoder's outputs: queries from the stream, keys and values from
/// the source.
///
/// The keys and values depend on the source alone, so a causal layer computes them at a sequence's first step and keeps
/// them in its state: keys (S, H), then values (S, H).
template <class Real>
class CrossAttentionBranch {
public:
    CrossAttentionBranch() = default;
    CrossAttentionBranch(CellLayout& layout, const Shape& shape) : shape_(shape) {
        const Size H = shape.H, M = shape.source;
        // As in PyTorch the bias is one array for all three; keys' and values' weights stand together, so they are one
        // product.
        const Size query = layout.add({"multihead_attn.q_proj_weight", {H, H}, Weight::Role::input, H});
        const Size key = layout.add({"multihead_attn.k_proj_weight", {H, M}, Weight::Role::input, M});
        layout.add({"multihead_attn.v_proj_weight", {H, M}, Weight::Role::input, M});
        if (shape.bias == Bias::present) {
            const Size bias = layout.add({"multihead_attn.in_proj_bias", {3 * H}, Weight::Role::bias, H});
            query_ = {H, H, query, bias};
            key_value_ = {M, 2 * H, key, bias + H};
        } else {
            query_ = {H, H, query};
            key_value_ = {M, 2 * H, key};
        }
        out_ = {layout,
                {.inputs = H,
                 .outputs = H,
                 .weight = "multihead_attn.out_proj.weight",
                 .bias = "multihead_attn.out_proj.bias",
                 .role = Weight::Role::residual,
                 .has_bias = shape.bias}};
        if (shape.causal) {
            layout.add_state("source_keys", shape.source_steps * H);
            layout.add_state("source_values", shape.source_steps * H);
        }
    }

    struct Saved {
        Real* queries;  ///< (T·B, H), scaled
        Real* kv;       ///< (S·B, 2H), of sequences whose state does not have them
        Real* weights;  ///< (B, heads, T·S)
        Real* heads;    ///< (T·B, H)
    };
    Saved take(Slices<Real>& slices, Size T, Size B) const {
        const Size S = shape_.source_steps;
        Real* queries = slices.take(T * B * shape_.H);
        Real* kv = slices.take(S * B * 2 * shape_.H);
        Real* weights = slices.take(B * shape_.heads * weights_size(T, S));
        return {queries, kv, weights, slices.take(T * B * shape_.H)};
    }

    Size prepared_size() const { return query_.prepared_size() + key_value_.prepared_size() + out_.prepared_size(); }
    void prepare(const Real* weights, Real* prepared) const {
        query_.prepare(weights, prepared);
        key_value_.prepare(weights, prepared + query_.prepared_size());
        out_.prepare(weights, prepared + query_.prepared_size() + key_value_.prepared_size());
    }

    Size workspace_size(Size T, Size B) const { return Workspace(shape_, T, B).used(); }

    void forward(const Forward<Real>& call, const Real* prepared, const Saved& saved, const Dropout& dropout,
                 const Real* in, Real* out, Real* workspace) const {
        const Size H = shape_.H, rows = call.T * call.B, S = call.source_steps;
        query_.forward(call.weights, prepared, in, rows, saved.queries);
        scale(query_scale(), saved.queries, rows * H);
        prepared += query_.prepared_size();
        if (S > 0 && !all_kept(call)) key_value_.forward(call.weights, prepared, call.source, S * call.B, saved.kv);
        prepared += key_value_.prepared_size();
        if (call.lengths || S == 0) std::fill_n(saved.heads, rows * H, Real{0});
        const Size scratch = shape_.dropping ? attend_workspace(call.T, S) : 0;
        if (S > 0)
            for_each_head(call.B * shape_.heads, products(call), workspace, scratch, [&](Size item, Real* own) {
                attend(head(call, saved, item), saved.weights + item * weights_size(call.T, S), S,
                       stream_of(call, saved.heads, item), dropout.part(item), own);
            });
        out_.forward(call.weights, prepared, saved.heads, rows, out);
    }

    /// Writes this branch's part of next_state.
    void leave_state(const Forward<Real>& call, const Saved& saved) const {
        if (!call.next_state) return;
        const Size H = shape_.H, size = shape_.source_state_size(), half = size / 2;
        for (Size b = 0; b < call.B && size > 0; ++b) {
            Real* next = state_of(call.next_state, b);
            if (kept(call, b)) {
                if (call.state != call.next_state) std::copy_n(state_of(call.state, b), size, next);
                continue;
            }
            const Size length = source_length(call, b);
            for (Size s = 0; s < length; ++s) {
                const Real* kv = saved.kv + (s * call.B + b) * 2 * H;
                std::copy_n(kv, H, next + s * H);
                std::copy_n(kv + H, H, next + half + s * H);
            }
            std::fill(next + length * H, next + half, Real{0});
            std::fill(next + half + length * H, next + size, Real{0});
        }
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients, const Saved& saved,
                  const Dropout& dropout, const Real* in, const Real* dout, Real* din, Real* workspace) const {
        const Size H = shape_.H, rows = call.T * call.B, S = call.source_steps;
        const Workspace work(shape_, call.T, call.B, workspace);
        out_.backward_weights(saved.heads, dout, rows, gradients.dweights);
        out_.backward_input(call.weights, dout, rows, work.dheads);

        if (call.lengths || S == 0) std::fill_n(work.dqueries, rows * H, Real{0});
        std::fill_n(work.dkv, S * call.B * 2 * H, Real{0});
        if (S > 0)
            for_each_head(call.B * shape_.heads, products(call), work.scratch, attend_workspace(call.T, S),
                          [&](Size item, Real* own) {
                              const HeadGradients<Real> into{stream_of(call, work.dqueries, item), none<Real>(),
                                                             none<Real>(), source_of(call, work.dkv, 0, item),
                                                             source_of(call, work.dkv, 1, item)};
                              attend_backward<Real>(head(call, saved, item),
                                                    saved.weights + item * weights_size(call.T, S), S,
                                                    stream_of(call, work.dheads, item), into, dropout.part(item), own);
                          });
        scale(query_scale(), work.dqueries, rows * H);
        query_.backward_weights(in, work.dqueries, rows, gradients.dweights);
        query_.backward_input(call.weights, work.dqueries, rows, din);
        state_backward(call, gradients, work.dkv);
        if (S == 0 || all_kept(call)) return;
        key_value_.backward_weights(call.source, work.dkv, S * call.B, gradients.dweights);
        if (gradients.dsource)
            key_value_.backward_input(call.weights, work.dkv, S * call.B, gradients.dsource, Into::add);
    }

private:
    struct Workspace : Slices<Real> {
        Real *dheads, *dqueries, *dkv, *scratch;

        Workspace(const Shape& shape, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base),
              dheads(this->take(T * B * shape.H)),
              dqueries(this->take(T * B * shape.H)),
              dkv(this->take(shape.source_steps * B * 2 * shape.H)),
              scratch(this->take(B * shape.heads * attend_workspace(T, shape.source_steps))) {}
    };

    Real query_scale() const { return 1 / std::sqrt(static_cast<Real>(shape_.head_width())); }
    Size products(const Forward<Real>& call) const { return call.T * call.source_steps * shape_.head_width(); }

    template <class Element>
    static Matrix<Element> none() {
        return {nullptr, 0, 0};
    }
    /// The part of (T, B, H) that belongs to one sequence and head.
    template <class Element>
    Matrix<Element> stream_of(const Forward<Real>& call, Element* data, Size item) const {
        const Size b = item / shape_.heads, w = shape_.head_width();
        return {data + b * shape_.H + item % shape_.heads * w, call.lengths ? call.lengths[b] : call.T, w,
                call.B * shape_.H};
    }
    /// The same of the keys (0) or values (1) in (S, B, 2H).
    template <class Element>
    Matrix<Element> source_of(const Forward<Real>& call, Element* kv, Size which, Size item) const {
        const Size b = item / shape_.heads, w = shape_.head_width();
        return {kv + (b * 2 + which) * shape_.H + item % shape_.heads * w, source_length(call, b), w,
                call.B * 2 * shape_.H};
    }
    /// The same in the state.
    Matrix<const Real> kept_of(const Forward<Real>& call, Size which, Size item) const {
        const Size b = item / shape_.heads, w = shape_.head_width();
        return {state_of(call.state, b) + which * shape_.source_steps * shape_.H + item % shape_.heads * w,
                source_length(call, b), w, shape_.H};
    }
    Head<Real> head(const Forward<Real>& call, const Saved& saved, Size item) const {
        const Real *queries = saved.queries, *kv = saved.kv;
        const bool in_state = kept(call, item / shape_.heads);
        return {stream_of(call, queries, item),
                none<const Real>(),
                none<const Real>(),
                in_state ? kept_of(call, 0, item) : source_of(call, kv, 0, item),
                in_state ? kept_of(call, 1, item) : source_of(call, kv, 1, item),
                false};
    }

    static Size source_length(const Forward<Real>& call, Size b) {
        return call.source_lengths ? call.source_lengths[b] : call.source_steps;
    }
    /// This branch's part of a sequence's state, or of its gradient.
    template <class Element>
    Element* state_of(Element* state, Size b) const {
        return state + b * shape_.state_size() + shape_.own_state_size();
    }
    /// Does the state of sequence b have the keys and values of its source?
    bool kept(const Forward<Real>& call, Size b) const { return shape_.past(call, b) > 0; }
    bool all_kept(const Forward<Real>& call) const {
        for (Size b = 0; b < call.B; ++b)
            if (!kept(call, b)) return false;
        return true;
    }

    /// What the state has to do with dkv (S, B, 2H): where it was left, dnext_state adds to it; where it was read, it
    /// goes to dstate and not to the weights and the source.
    void state_backward(const Forward<Real>& call, const Backward<Real>& gradients, Real* dkv) const {
        const Size H = shape_.H, size = shape_.source_state_size(), half = size / 2;
        for (Size b = 0; b < call.B && size > 0; ++b) {
            const Real* dnext = gradients.dnext_state ? state_of(gradients.dnext_state, b) : nullptr;
            Real* dstate = gradients.dstate ? state_of(gradients.dstate, b) : nullptr;
            const bool read = kept(call, b);
            if (dstate && read && dnext)
                std::copy_n(dnext, size, dstate);
            else if (dstate)
                std::fill_n(dstate, size, Real{0});
            for (Size s = 0; s < source_length(call, b); ++s) {
                Real* row = dkv + (s * call.B + b) * 2 * H;
                for (Size j = 0; j < H; ++j) {
                    Real &dkey = row[j], &dvalue = row[H + j];
                    if (read) {
                        if (dstate) dstate[s * H + j] += dkey, dstate[half + s * H + j] += dvalue;
                        dkey = dvalue = 0;
                    } else if (dnext) {
                        dkey += dnext[s * H + j], dvalue += dnext[half + s * H + j];
                    }
                }
            }
        }
    }

    Shape shape_{};
    Linear<Real> query_, key_value_, out_;
};

}  // namespace unroll::self_attention
