// Multi-head attention alone, without norms, residual connections and feed-forward network: what mixes the steps of a
// transformer's layer. In a block (cell.block) with them it equals self-attention.
//
//     x = W_in x + positions                       W_in only when D ≠ H or x comes as tokens
//     y = W_out [heads of softmax(Q Kᵀ / sqrt(w)) V],  Q, K, V = W x + b, w = H / heads        Vaswani et al. 2017
//
// `window`, `kv_heads` and alibi are those of self-attention.
//
// x (T, B, D), y (T, B, H). Weights: weight_in (H, D), positions (context, H), then the names and shapes of
// torch.nn.MultiheadAttention, in_proj_weight with fewer rows where heads share keys and values. State of a causal
// layer: position, keys, values, 1 + 2·min(context, window)·kv_heads·w elements; one that is not causal sees all steps
// of a call, later ones too: it has no state.
// Memory: saved takes, for each of T·B positions, up to 5H and heads·context weights (heads·T when not causal, heads·
// (window + 32) with a window); the workspace T·B·5H and scores of B·heads tiles.
#include <string>

#include "positions.h"
#include "self_attention_branch.h"
#include "shape.h"
#include "unroll/kernels.h"
#include "unroll/layers.h"
#include "unroll/plugin.h"

namespace {

using namespace unroll;
using namespace unroll::layers;
using namespace unroll::self_attention;

/// It attends to no source.
CellSpec without_source(CellSpec spec) {
    spec.source = 0;
    return spec;
}

template <class Real>
class MultiheadAttention final : public Cell<Real> {
public:
    MultiheadAttention(const CellSpec& spec, const Options& options)
        : shape_(checked_shape(without_source(spec), options)),
          projects_(spec.input != spec.hidden || spec.tokens),
          dropout_(spec.dropout) {
        const Size H = spec.hidden;
        CellLayout& layout = this->layout_;
        if (projects_)
            projection_ = {spec, H, layout.add({"weight_in", {H, spec.input}, Weight::Role::input, spec.input})};
        CellSpec every = spec;
        every.layer = 0;  // nothing else tells a layer where a step stands
        positions_ = {layout, every, options.text("positions"), shape_.heads};
        attention_ = {layout, shape_, ""};
        layout.output = H;
        layout.context = shape_.context;
        layout.causal = shape_.causal;
        layout.takes_tokens = projects_;
        layout.applies_dropout = true;
    }

    static Size hidden_multiple(const Options& options) { return self_attention::hidden_multiple(options); }

    Size saved_size(Size T, Size B) const override { return Saved(*this, T, B).used(); }
    Size workspace_size(Size T, Size B) const override { return Workspace(*this, T, B).used(); }
    Size prepared_size() const override { return attention_.prepared_size() + projection_size(); }
    void prepare(const Real* weights, Real* to) const override {
        attention_.prepare(weights, to);
        if (projects_) projection_.prepare(weights, to + attention_.prepared_size());
    }

    /// And what attention takes, as in self-attention.
    double flops(Size T, Size B) const override {
        return this->layout_.product_flops(T, B) + shape_.attention_flops(T, B);
    }

    void forward(const Forward<Real>& call) const override {
        check_context(call, shape_);
        const Saved saved(*this, call.T, call.B, call.saved);
        if (begins()) begin(call, saved.input);
        attention_.forward(call, call.prepared, positions_, saved.attention, Dropout(call, dropout_),
                           input(call, saved), call.y, call.workspace);
        clear_padding(call, call.y, shape_.H);
        attention_.leave_state(call, saved.attention);
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        const Size n = call.T * call.B * shape_.H;
        const Saved saved(*this, call.T, call.B, call.saved);
        const Workspace work(*this, call.T, call.B, gradients.workspace);
        std::copy_n(gradients.dy, n, work.dy);
        clear_padding(call, work.dy, shape_.H);
        attention_.backward(call, gradients, positions_, saved.attention, Dropout(call, dropout_), input(call, saved),
                            work.dy, work.din, work.branch);
        clear_padding(call, work.din, shape_.H);
        if (positions_.added() && gradients.dweights)
            for (Size row = 0; row < call.T * call.B; ++row)
                positions_.add_backward(work.din + row * shape_.H, position(call, row), gradients.dweights);
        if (projects_)
            projection_.backward(call, gradients, work.din, nullptr, work.branch);
        else if (gradients.dx)
            std::copy_n(work.din, n, gradients.dx);
    }

private:
    Size projection_size() const { return projects_ ? projection_.prepared_size() : 0; }
    /// Whether queries, keys and values are of something else than x.
    bool begins() const { return projects_ || positions_.added(); }

    struct Saved : Slices<Real> {
        Real* input;  ///< (T, B, H), projected and with positions
        typename SelfAttentionBranch<Real>::Saved attention;
        Saved(const MultiheadAttention& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base), input(this->take(cell.begins() ? T * B * cell.shape_.H : 0)) {
            attention = cell.attention_.take(*this, T, B);
        }
    };
    struct Workspace : Slices<Real> {
        Real *dy, *din, *branch;
        Workspace(const MultiheadAttention& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base),
              dy(this->take(T * B * cell.shape_.H)),
              din(this->take(T * B * cell.shape_.H)),
              branch(this->take(std::max(cell.attention_.workspace_size(T, B),
                                         cell.projects_ ? cell.projection_.workspace_size() : 0))) {}
    };

    const Real* input(const Forward<Real>& call, const Saved& saved) const {
        return begins() ? saved.input : call.x.values;
    }
    Size position(const Forward<Real>& call, Size row) const { return shape_.past(call, row % call.B) + row / call.B; }

    void begin(const Forward<Real>& call, Real* to) const {
        const Size rows = call.T * call.B, H = shape_.H;
        if (projects_)
            projection_.project(call, call.prepared + attention_.prepared_size(), 0, call.T, to);
        else
            std::copy_n(call.x.values, rows * H, to);
        if (positions_.added())
            for (Size row = 0; row < rows; ++row) positions_.add(call.weights, position(call, row), to + row * H);
    }

    Shape shape_;
    bool projects_;  ///< there is a weight_in
    double dropout_;
    InputProjection<Real> projection_;
    Positions<Real> positions_;
    SelfAttentionBranch<Real> attention_;
};

constexpr Option options[] = {
    Option::integer("heads", "4", 1, 1024, "attention heads; hidden must be a multiple of it"),
    Option::boolean("bias", "true", "whether the linear layers have a bias"),
    Option::boolean("causal", "true", "causal mask: a position attends only to itself and earlier ones"),
    Option::choice("positions", "\"rotary\"", "learned|sinusoidal|rotary|alibi|none",
                   "positional encoding; alibi: scores fall with distance"),
    Option::integer("window", "0", 0, 1 << 20, "steps that a position attends to, itself and those just before; 0: all")
        .implied_default(),
    Option::integer("kv_heads", "0", 0, 1024,
                    "heads of keys and values, each shared by several of queries (grouped-query attention); 0: as many")
        .implied_default(),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::cell_plugin<MultiheadAttention>(
    "multihead-attention", 1, "multi-head attention alone", options, unroll::Initializer::normal);
